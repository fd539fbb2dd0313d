"""Constructors with fields that may be wrong in any way."""

import copy
from collections.abc import Callable
from typing import Any, Final, TypeVar

import attrs
from hypothesis import given
from hypothesis import strategies as st

from portmap import Cluster, Labels, Service, ServicePort, ValidationError, Violation
from portmap._apiserver.port_rules import SERVICE_PORT_RULES
from portmap._apiserver.service_schema import METADATA_FIELDS, SERVICE_PORT_FIELDS, SPEC_FIELDS_BUT_PORTS
from portmap._kubernetes.annotations import SOURCE_RANGES, TOPOLOGY_AWARE_HINTS, TOPOLOGY_MODE
from portmap._kubernetes.violations import in_order
from portmap._kubernetes.wire import labels_or_as_is
from portmap._model.services import check_service
from random_objects import EVERYWHERE, Strategy, clusters, services

Subject = TypeVar("Subject", Service, ServicePort)


class Word(str):
    """A subclass of `str`."""

    __slots__ = ()


class Number(int):
    """A subclass of `int`."""

    __slots__ = ()


# Parts of names, keys and values, with lengths around their limits and characters that only look valid.
_PARTS: Final = st.sampled_from(
    ["a", "A", "0", "-", ".", "_", "/", "", "\n", "é", "a.b", "app.kubernetes.io/", "x" * 61, "x" * 63, "x" * 253]
)
words: Final[Strategy[str]] = st.lists(_PARTS, max_size=4).map("".join)
anything: Final[Strategy[Any]] = st.sampled_from(
    [None, True, False, 0, 1, 1.0, 80, Number(80), "", "a", [], ("a",), {}, b"a", [None]]
)
loose_texts: Final[Strategy[Any]] = words | words.map(Word) | anything
loose_keys: Final[Strategy[Any]] = words | anything.filter(lambda value: not isinstance(value, (list, dict)))
loose_labels: Final[Strategy[Any]] = st.dictionaries(loose_keys, loose_texts).map(labels_or_as_is) | anything
judged_annotations: Final[Strategy[Any]] = st.dictionaries(
    st.sampled_from([TOPOLOGY_MODE, TOPOLOGY_AWARE_HINTS, SOURCE_RANGES, "a"]),
    st.sampled_from(["", "Auto", "10.0.0.0/8", "10.0.0.0/8,x", "x" * 1024]),
).map(Labels)
numbers_or_not: Final[Strategy[Any]] = st.sampled_from([80, 80.0, True, Number(80), "80", None, [80]])
loose_numbers: Final[Strategy[Any]] = st.integers(-1, 65537) | numbers_or_not


def _with(subject: Subject, fields: dict[str, Any]) -> Subject:
    """Return a copy with other fields, converted as by the constructor and not checked."""
    twin = copy.copy(subject)
    for field in attrs.fields(type(subject)):
        if field.name in fields:
            value = fields[field.name]
            object.__setattr__(twin, field.name, field.converter(value) if field.converter else value)
    return twin


@st.composite
def unjudged(draw: st.DrawFn) -> Service:
    """Draw a Service with a few fields that may be wrong in any way."""
    names = {
        "name": loose_texts,
        "namespace": loose_texts,
        "generate_name": loose_texts,
        "labels": loose_labels,
        "selector": loose_labels,
        "annotations": loose_labels | judged_annotations,
    }
    rest = {row.attribute: anything for row in (*METADATA_FIELDS, *SPEC_FIELDS_BUT_PORTS) if row.attribute not in names}
    rest["ports"] = st.sampled_from([(), (80,), [ServicePort(80)], None, (ServicePort(80), ServicePort(443))])
    changed = draw(st.lists(st.sampled_from([*names, *names, *rest]), max_size=3, unique=True))
    return _with(draw(services()), {each: draw((names | rest)[each]) for each in changed})


@given(unjudged(), clusters())
def test_a_constructor_refuses_what_check_reports(service: Service, cluster: Cluster) -> None:
    """For any fields of a Service, its constructor raises what `check_service` reports."""
    fields = {field.name: getattr(service, field.name) for field in attrs.fields(Service)}
    for judge in (EVERYWHERE, cluster):
        assert _violations(Service, fields, judge) == check_service(service, judge)


@given(
    port=loose_numbers,
    name=loose_texts,
    protocol=st.sampled_from([None, "", "TCP", Word("TCP"), "tcp", 6, ["TCP"]]),
    app_protocol=loose_texts,
    target_port=loose_numbers | loose_texts,
    node_port=loose_numbers,
)
def test_a_port_is_refused_for_its_types_or_by_the_rules(**fields: Any) -> None:
    """For any fields of a port, its constructor raises the violations of types or rules."""
    port = _with(ServicePort(80), fields)
    expected = in_order(SERVICE_PORT_FIELDS.violations(port) or SERVICE_PORT_RULES.violations(port))
    assert _violations(ServicePort, fields, EVERYWHERE) == expected


def _violations(make: Callable[..., object], fields: dict[str, Any], cluster: Cluster) -> tuple[Violation, ...]:
    """Return what the constructor raises, none if the object is accepted."""
    try:
        with cluster:
            make(**fields)
    except ValidationError as error:
        return error.violations
    return ()
