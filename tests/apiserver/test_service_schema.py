"""The tables of fields, against everything that declares or documents the same fields."""

import re
from collections.abc import Callable, Mapping
from functools import reduce
from operator import or_
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import attrs
import pytest

from portmap import Cluster, ContainerPort, Service, ServicePort, ValidationError, to_manifest
from portmap._apiserver.container_port_schema import CONTAINER_PORT_FIELDS
from portmap._apiserver.service_schema import (
    METADATA_FIELDS,
    SERVICE_PORT_FIELDS,
    SPEC_FIELDS,
    SPEC_FIELDS_BUT_PORTS,
)
from portmap._apiserver.state import PortState, ServiceState
from portmap._kubernetes.enums import SERVICE_TYPES
from portmap._kubernetes.schema import BOOLEAN, INT32, INT_OR_TEXT, TEXT, TEXT_MAP, TEXTS, Reader
from portmap._kubernetes.wire import Field, FieldTable
from portmap._model import service_arguments, services
from portmap._model.pod_fields import CONTAINER_FIELDS, POD_METADATA_FIELDS, POD_SPEC_FIELDS
from portmap._mypy.calls import argument_values
from portmap.manifests import stored, validate

CLASSES: Final[Mapping[type[Any], tuple[Field, ...]]] = {
    Service: (*METADATA_FIELDS, *SPEC_FIELDS),
    ServicePort: (*SERVICE_PORT_FIELDS,),
    ContainerPort: (*CONTAINER_PORT_FIELDS,),
}
TABLES: Final = (
    METADATA_FIELDS,
    SPEC_FIELDS,
    SERVICE_PORT_FIELDS,
    CONTAINER_PORT_FIELDS,
    CONTAINER_FIELDS,
    POD_METADATA_FIELDS,
    POD_SPEC_FIELDS,
)
PYTHON_TYPES: Final[tuple[tuple[Reader, object], ...]] = (
    (TEXT, str),
    (BOOLEAN, bool),
    (INT32, int),
    (TEXTS, tuple[str, ...]),
    (SERVICE_PORT_FIELDS.field("target_port").reader, int | str),
    (INT_OR_TEXT, int | str),
    (SPEC_FIELDS.field("selector").reader, Mapping[str, str]),
    (TEXT_MAP, Mapping[str, str]),
    (SPEC_FIELDS.field("ports").reader, tuple[ServicePort, ...]),
)
FACTORIES: Final = {
    service_arguments.AliasFields: "ExternalName",
    service_arguments.HeadlessFields: "ClusterIP",
    service_arguments.InternalFields: "ClusterIP",
    service_arguments.NodePortFields: "NodePort",
    service_arguments.LoadBalancerFields: "LoadBalancer",
}
MINIMAL: Final[Mapping[str, dict[str, Any]]] = {
    name: {"ports": [ServicePort(80)], "type": name}
    | ({"external_name": "a.example"} if name == "ExternalName" else {})
    for name in SERVICE_TYPES
}
"""Arguments of a Service of each type."""

SAMPLES: Final[Mapping[str, dict[str, Any]]] = {
    "cluster_ip": {"cluster_ip": "10.0.0.1"},
    "cluster_ips": {"cluster_ip": "10.0.0.1", "cluster_ips": ["10.0.0.1"]},
    "external_ips": {"external_ips": ["192.0.2.1"]},
    "external_name": {"external_name": "a.example"},
    "external_traffic_policy": {"external_traffic_policy": "Cluster"},
    "health_check_node_port": {"external_traffic_policy": "Local", "health_check_node_port": 31000},
    "load_balancer_class": {"load_balancer_class": "a/b"},
    "load_balancer_ip": {"load_balancer_ip": "192.0.2.1"},
    "load_balancer_source_ranges": {"load_balancer_source_ranges": ["192.0.2.0/24"]},
    "ports": {"ports": [ServicePort(80)]},
    "selector": {"selector": {"app": "web"}},
    "session_affinity_timeout_seconds": {"session_affinity": "ClientIP", "session_affinity_timeout_seconds": 60},
}
"""Arguments that give a field a value, for fields that hold no listed words and no booleans."""


def python_type(field: Field) -> object:
    """Return the Python type of a field whose words are not listed."""
    return next(kind for reader, kind in PYTHON_TYPES if reader is field.reader)


def without_none(hint: Any) -> Any:
    """Return the type of an optional value."""
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return reduce(or_, (kind for kind in kinds if kind is not type(None)))


def words_of(hint: Any) -> tuple[str, ...]:
    """Return the words of a `Literal`, or of a tuple of them."""
    return get_args(hint) if get_origin(hint) is Literal else next(map(words_of, get_args(hint)), ())


def sample(field: Field) -> dict[str, Any]:
    """Return arguments of a Service that give the field a value."""
    if field.attribute in SAMPLES:
        return SAMPLES[field.attribute]
    value: Any = field.words[-1] if field.words else True
    return {field.attribute: (value,) if field.reader is TEXTS else value}


@pytest.mark.parametrize("table", TABLES)
def test_a_field_has_one_row(table: FieldTable) -> None:
    """No attribute and no name in a manifest occurs twice in a table."""
    assert len({field.attribute for field in table}) == len({field.path for field in table}) == len(table)
    assert table[0] in table[:1]


@pytest.mark.parametrize("cls", CLASSES)
def test_a_class_has_the_fields_of_its_table(cls: type[Any]) -> None:
    """Each field is an attribute with the type and words of its row, and there are no others."""
    hints = get_type_hints(cls)
    assert {field.name for field in attrs.fields(cls)} == {field.attribute for field in CLASSES[cls]} | {"unmodelled"}
    for field in CLASSES[cls]:
        hint = without_none(hints[field.attribute])
        assert words_of(hint) == tuple(field.words), field.attribute
        if field.words:
            assert field.reader in (TEXT, TEXTS)
            assert (get_origin(hint) is tuple) == (field.reader is TEXTS)
        else:
            assert hint == python_type(field), field.attribute


@pytest.mark.parametrize("cls", CLASSES)
def test_a_class_documents_its_fields(cls: type[Any]) -> None:
    """The docstring describes each field, and names each default that is always the same."""
    arguments = (cls.__doc__ or "").partition("Raises:")[0]
    entries = dict(re.findall(r"^ {8}(\w+): (.*(?:\n {12}.*)*)", arguments, re.MULTILINE))
    assert set(entries) == {field.attribute for field in CLASSES[cls]} | {"unmodelled"}
    for field in CLASSES[cls]:
        if field.default is not None:
            assert str(field.default) in entries[field.attribute], field.attribute


def test_the_states_have_the_fields_of_the_tables() -> None:
    """The state of a Service and of a port declare the fields in the order of their tables."""
    names = [field.name for field in attrs.fields(ServiceState)]
    assert names[:3] == ["cluster", "metadata", "ports"]
    assert tuple(names[3 : 3 + len(SPEC_FIELDS_BUT_PORTS)]) == SPEC_FIELDS_BUT_PORTS.attributes
    assert tuple(field.name for field in attrs.fields(PortState) if field.init) == SERVICE_PORT_FIELDS.attributes


def test_factories_take_fields_of_the_tables() -> None:
    """`Service.exposing` takes every field but name and ports; each factory takes fields that its type may have."""
    hints = get_type_hints(Service.__init__)
    assert set(service_arguments.ExposingFields.__annotations__) == {
        field.attribute for field in CLASSES[Service] if field.attribute not in {"name", "ports"}
    }
    for arguments, kind in FACTORIES.items():
        for name, hint in get_type_hints(arguments).items():
            assert hint == hints[name], name
            field = next(each for each in CLASSES[Service] if each.attribute == name)
            assert not field.types or kind in field.types, name


def test_a_changed_port_takes_fields_of_the_table() -> None:
    """`Service.with_port` takes every field of a port, with the type that `ServicePort` gives it."""
    hints = get_type_hints(ServicePort.__init__)
    assert get_type_hints(service_arguments.ServicePortFields) == {
        name: hints[name] for name in SERVICE_PORT_FIELDS.attributes
    }


@pytest.mark.parametrize("kind", SERVICE_TYPES)
@pytest.mark.parametrize("field", SPEC_FIELDS, ids=lambda field: field.attribute)
def test_a_type_may_have_the_fields_of_its_row(field: Field, kind: str) -> None:
    """A server accepts a field in a Service of a type that its row names, and refuses it in others."""
    arguments = MINIMAL[kind] | (sample(field) if field.attribute != "type" else {})
    try:
        service = Service("web", **arguments)
    except ValidationError:
        accepted = False
    else:
        accepted = not validate(to_manifest(service))
    assert accepted == (not field.types or kind in field.types)


@pytest.mark.parametrize("kind", SERVICE_TYPES)
def test_a_server_stores_the_defaults(kind: str) -> None:
    """What is stored of a minimal Service has the constant defaults, and those whose condition holds."""
    service = Service("web", **MINIMAL[kind], session_affinity="ClientIP" if kind == "NodePort" else None)
    found = stored(to_manifest(service))["spec"]
    state = services.service_state(service, Cluster())
    spec = dict(zip(SPEC_FIELDS.attributes, SPEC_FIELDS.found_in(found), strict=True))
    for field in SPEC_FIELDS:
        if field.default is not None and getattr(service, field.attribute) is None:
            expected = field.default if not field.default_if or getattr(state, field.default_if) else None
            assert spec[field.attribute] == expected, field.attribute
    assert found["ports"] == [{"protocol": SERVICE_PORT_FIELDS.field("protocol").default, "port": 80, "targetPort": 80}]


@pytest.mark.parametrize("cls", CLASSES)
def test_the_mypy_plugin_tries_values_of_every_field(cls: type[Any]) -> None:
    """The plugin has values for each argument, for calls in which it is not written out."""
    for field in CLASSES[cls]:
        make: Callable[..., object] = cls
        assert argument_values(make, field.attribute), field.attribute
