"""portmap's values as plain data, in programs that use cattrs.

A deploy script often has settings of its own: attrs classes or dataclasses with a Service here and a cluster
there. A cattrs converter that knows portmap's classes turns such settings into plain data and back.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from types import UnionType
from typing import Any, Final, TypeVar, Union, final, get_args, get_origin

import attrs
from cattrs import BaseValidationError, Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from portmap._apiserver.container_port_schema import CONTAINER_PORT, CONTAINER_PORT_FIELDS
from portmap._apiserver.service_schema import SERVICE_PORT, SERVICE_PORT_FIELDS
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.field_path import ROOT, FieldPath, as_path
from portmap._kubernetes.labels import Labels
from portmap._kubernetes.schema import INVALID, Reader, wrong_type
from portmap._kubernetes.violations import Violation, in_order
from portmap._kubernetes.wire import FieldTable, from_wire
from portmap._manifests.read import read
from portmap._manifests.structure_errors import violations_in
from portmap._model.pod_reading import POD, decoded_pod, read_container, was_observed
from portmap._model.pods import Container, Pod
from portmap._model.ports import ContainerPort, ServicePort
from portmap._model.services import Service
from portmap._model.to_manifest import to_manifest
from portmap._model.workloads import Workload

_Port = TypeVar("_Port", ServicePort, ContainerPort)
_T = TypeVar("_T")
_Data = Any


def converter(base: Converter | None = None) -> Converter:
    """Return a cattrs converter that knows portmap's classes.

    A Service, a pod and their parts become what `to_manifest` returns. Every other value becomes a mapping
    whose keys are the arguments of its constructor; what belongs to a running program, such as a
    `PortMap`, has no plain data.

    Args:
        base: A converter to extend; by default a new one. The new one refuses unknown keys, and
            converts no value to another type.

    Returns:
        The same converter, or the new one. The new one raises a single `ValidationError` that lists
        every fault with its path; a converter of your own raises what it is configured to raise.

    Example:
        >>> from portmap.manifests import converter
        >>> converter().unstructure(http)
        {'name': 'http', 'containerPort': 8080}
        >>> converter().structure({"containerPort": 53, "protocol": "UDP"}, ContainerPort)
        ContainerPort(53, protocol='UDP')
    """
    extended = base or _StrictConverter()
    extended.register_structure_hook_factory(_is_value, lambda kind: _structure_fields(kind, extended))
    extended.register_unstructure_hook_factory(_is_value, lambda kind: _unstructure_fields(kind, extended))
    for kind in (Service, ServicePort, Container, ContainerPort):
        extended.register_unstructure_hook(kind, to_manifest)
    extended.register_unstructure_hook(Pod, _pod_data)
    extended.register_unstructure_hook(Labels, dict)
    extended.register_unstructure_hook(FieldPath, str)
    extended.register_structure_hook(Service, lambda data, _: read(data, Service))
    extended.register_structure_hook(ServicePort, lambda data, _: _port(data, ServicePort, SERVICE_PORT))
    extended.register_structure_hook(ContainerPort, lambda data, _: _port(data, ContainerPort, CONTAINER_PORT))
    extended.register_structure_hook(Container, lambda data, _: read_container(data))
    extended.register_structure_hook(Pod, lambda data, _: _pod(data))
    extended.register_structure_hook(Workload, _workload_hook(extended))
    extended.register_structure_hook(Labels, lambda data, _: _labels(data))
    extended.register_structure_hook(FieldPath, lambda data, _: as_path(_text(data)))
    return extended


@final
class _StrictConverter(Converter):
    """A converter that converts no scalar to another type, and reports every fault with its path."""

    def __init__(self) -> None:
        super().__init__(forbid_extra_keys=True, unstruct_collection_overrides={Sequence: list})
        self.register_structure_hook(str, lambda data, _: _text(data))
        self.register_structure_hook(int, lambda data, _: _exactly(data, int, words="an integer"))
        self.register_structure_hook(float, lambda data, _: _exactly(data, int, float, words="a number"))
        self.register_structure_hook(bool, lambda data, _: _exactly(data, bool, words="true or false"))

    def structure(self, obj: _Data, cl: type[_T]) -> _T:
        try:
            return super().structure(obj, cl)
        except BaseValidationError as error:
            found = in_order([*violations_in(error, obj)])
        raise ValidationError(getattr(cl, "__name__", str(cl)), found)

    def gen_structure_attrs_fromdict(self, cl: type[_T]) -> Callable[[Mapping[str, _Data], Any], _T]:
        by_fields = super().gen_structure_attrs_fromdict(cl)
        return lambda data, kind: by_fields(_mapping(data, cl), kind)


# --- values by their fields ------------------------------------------------------------------------------------


def _is_value(kind: object) -> bool:
    return isinstance(kind, type) and attrs.has(kind) and kind.__module__.partition(".")[0] == "portmap"


def _structure_fields(kind: type[Any], extended: Converter) -> Callable[[_Data, Any], Any]:
    if hasattr(kind, "from_dict"):
        return lambda data, _: kind.from_dict(data)
    attrs.resolve_types(kind)
    hooks = {field.name: _field_hook(kind, field, extended) for field in attrs.fields(kind)}
    overrides: dict[str, Any] = {name: override(struct_hook=hook) for name, hook in hooks.items() if hook is not None}
    by_fields = make_dict_structure_fn(
        kind,
        extended,
        _cattrs_use_alias=True,
        _cattrs_forbid_extra_keys=extended.forbid_extra_keys,
        _cattrs_detailed_validation=extended.detailed_validation,
        **overrides,
    )
    return lambda data, cl: by_fields(_mapping(data, kind), cl)


def _unstructure_fields(kind: type[Any], extended: Converter) -> Callable[[Any], dict[str, _Data]]:
    if hasattr(kind, "from_dict"):
        return lambda value: value.as_dict()
    attrs.resolve_types(kind)
    overrides: dict[str, Any] = {}
    if kind is Cluster:
        overrides["node_port_range"] = override(unstruct_hook=_range_text)
        overrides["feature_gates"] = override(unstruct_hook=dict)
    return make_dict_unstructure_fn(kind, extended, _cattrs_use_alias=True, **overrides)


def _field_hook(
    kind: type[Any], field: "attrs.Attribute[Any]", extended: Converter
) -> Callable[[_Data, Any], Any] | None:
    """Return what reads a field that cattrs cannot read by its type."""
    if kind is Cluster and field.name == "node_port_range":
        return lambda data, _: _range(data)
    if kind is Cluster and field.name == "feature_gates":
        return lambda data, _: data  # The constructor checks it.
    if field.type is object:
        return lambda data, _: data
    if get_origin(field.type) in (Union, UnionType):
        return _union_hook(get_args(field.type), extended)
    return None


_SCALARS: Final = frozenset({bool, int, str, type(None)})


def _union_hook(members: tuple[Any, ...], extended: Converter) -> Callable[[_Data, Any], Any] | None:
    """Return what reads a union of scalars and tuples of text, or labels or a pod that may be missing."""
    classes = tuple(get_origin(member) or member for member in members)
    if classes == (Mapping, type(None)) and get_args(members[0]) == (str, str):
        return lambda data, _: None if data is None else _labels(data)
    if classes == (Pod, Workload, type(None)):
        return lambda data, _: data and extended.structure(data, Workload if "pod" in data else Pod)
    if len(members) < 3 or not all(each in _SCALARS or each is tuple for each in classes):
        return None
    words = " or ".join("a list" if each is tuple else each.__name__ for each in classes if each is not type(None))

    def structure(data: _Data, _: object) -> object:
        value = tuple(data) if isinstance(data, list) else data
        if type(value) not in classes:
            raise ValidationError("value", (wrong_type(ROOT, words, data),))
        return value

    return structure


_RANGE: Final = re.compile(r"([0-9]{1,5})-([0-9]{1,5})")


def _range(data: _Data) -> range:
    """Return the range of ports that `--service-node-port-range` has as text."""
    if isinstance(data, range):
        return data
    match = _RANGE.fullmatch(_text(data))
    if match is None:
        raise ValidationError("range", (wrong_type(ROOT, "a range of ports such as 30000-32767", data),))
    return range(int(match[1]), int(match[2]) + 1)


def _range_text(ports: range) -> str:
    return f"{ports[0]}-{ports[-1]}"


# --- manifests -------------------------------------------------------------------------------------------------


def _pod_data(pod: Pod) -> dict[str, _Data]:
    """Return the manifest of a pod; that of a template has no kind, as in a workload."""
    manifest = to_manifest(pod)
    return (
        {key: manifest[key] for key in ("metadata", "spec", "status") if key in manifest} if pod.template else manifest
    )


def _pod(data: _Data) -> Pod:
    if not isinstance(data, Mapping) or "kind" in data:
        return read(data, Pod)
    found: list[Violation] = []
    decoded: Any = POD.read(data, ROOT, found)
    if not found:
        path = FieldPath("template")  # Not the root, which is the path of a pod that is not a template.
        pod, found = decoded_pod(decoded, decoded.get("metadata", {}), path, observed=was_observed(data))
        if pod is not None:
            return pod
        found = [attrs.evolve(violation, field=violation.path[len(path) :]) for violation in found]
    raise ValidationError("Pod", in_order(found))


_PORT_FIELDS: Final[Mapping[type, tuple[str, FieldTable]]] = {
    ServicePort: ("port", SERVICE_PORT_FIELDS),
    ContainerPort: ("container_port", CONTAINER_PORT_FIELDS),
}


def _port(data: _Data, kind: type[_Port], reader: Reader) -> _Port:
    found: list[Violation] = []
    decoded = reader.read(data, ROOT, found)
    if found or decoded is INVALID:
        raise ValidationError(kind.__name__, in_order(found))
    # A number that is left out is 0 to the server, as its message explains.
    number, fields = _PORT_FIELDS[kind]
    return kind(**({number: 0} | from_wire(decoded, fields)))


def _workload_hook(extended: Converter) -> Callable[[_Data, Any], Workload]:
    """Return what reads a workload: from its manifest, or from its fields."""
    by_fields = _structure_fields(Workload, extended)

    def structure(data: _Data, kind: object) -> Workload:
        if not isinstance(data, Mapping) or "pod" not in data:
            return read(data, Workload)
        workload: Workload = by_fields(data, kind)
        return workload

    return structure


def _labels(data: _Data) -> Labels:
    try:
        return Labels(_mapping(data, Labels))
    except TypeError:
        found = [wrong_type(ROOT.key(str(key)), "text", item) for key, item in data.items() if type(item) is not str]
        found += [wrong_type(ROOT.key(str(key)), "text", key) for key in data if type(key) is not str]
        raise ValidationError("Labels", in_order(found)) from None


# --- types -----------------------------------------------------------------------------------------------------


def _mapping(data: _Data, kind: type[Any]) -> Mapping[str, _Data]:
    if isinstance(data, Mapping):
        return data
    raise ValidationError(kind.__name__, (wrong_type(ROOT, "a mapping", data),))


def _text(data: _Data) -> str:
    if isinstance(data, str):
        return data
    raise ValidationError("text", (wrong_type(ROOT, "text", data),))


def _exactly(data: _T, *kinds: type, words: str) -> _T:
    """Return a scalar that is of one of these types, and not of a class derived from it."""
    if type(data) in kinds:
        return data
    raise ValidationError("value", (wrong_type(ROOT, words, data),))
