"""The fields that an object can have: all fields of Services, and the top-level fields of other kinds."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from portmap._apiserver.metadata_schema import METADATA
from portmap._apiserver.service_schema import SERVICE
from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.kinds import any_template_path, group_of, is_custom, template_path
from portmap._kubernetes.schema import Reader

APPEND: Final = "[+]"
"""The step of a new item at the end of a list."""

TOP: Final = ("apiVersion", "kind", "metadata", "spec", "status")
"""The top-level fields of a Service, and of nearly every kind with a spec."""

_IDENTITY: Final = ("apiVersion", "kind", "metadata")
_ROLE: Final = ("rules",)
_BINDING: Final = ("subjects", "roleRef")
_WEBHOOKS: Final = ("webhooks",)
_WITHOUT_SPEC: Final[Mapping[str, tuple[str, ...]]] = {
    "ClusterRole": (*_ROLE, "aggregationRule"),
    "ClusterRoleBinding": _BINDING,
    "ConfigMap": ("data", "binaryData", "immutable"),
    "ControllerRevision": ("data", "revision"),
    "EndpointSlice": ("addressType", "endpoints", "ports"),
    "Endpoints": ("subsets",),
    "MutatingWebhookConfiguration": _WEBHOOKS,
    "PodTemplate": ("template",),
    "PriorityClass": ("value", "globalDefault", "description", "preemptionPolicy"),
    "Role": _ROLE,
    "RoleBinding": _BINDING,
    "RuntimeClass": ("handler", "overhead", "scheduling"),
    "Secret": ("data", "stringData", "type", "immutable"),
    "ServiceAccount": ("secrets", "imagePullSecrets", "automountServiceAccountToken"),
    "StorageClass": (
        "provisioner",
        "parameters",
        "reclaimPolicy",
        "mountOptions",
        "allowVolumeExpansion",
        "volumeBindingMode",
        "allowedTopologies",
    ),
    "ValidatingWebhookConfiguration": _WEBHOOKS,
}
"""Kubernetes' own kinds without a spec, with their top-level fields. Source: k8s.io/api at 1.36."""

_Data: TypeAlias = Any


def unknown_in_service(path: FieldPath, data: _Data, *, in_spec: bool) -> str | None:
    """Return why a Service cannot have a field at this path; `None` if it can, or if it has the unknown field.

    Args:
        path: The path of the field in the object.
        data: The object.
        in_spec: Whether the user wrote the path without the leading `spec`.
    """
    reader, value = SERVICE, data
    for at, step in enumerate(path):
        if reader.item is not None:
            reader = reader.item
        elif reader.fields is None or isinstance(step, int):
            return None
        elif step in reader.fields:
            reader = reader.fields[step]
        elif _has(value, step):
            return None
        else:
            return _unknown(str(step), path[:at], reader, top=in_spec and at == 1)
        value = _below(value, step)
    return None


def _unknown(name: str, parent: FieldPath, reader: Reader, *, top: bool) -> str:
    here = str(parent).replace(f".{APPEND}", APPEND) or "a Service"
    fields = tuple(reader.fields or ())
    if not fields:
        return f"{here} has no fields"
    # A path without `spec` may name a field beside it.
    problem = f"there is no field {name!r} in {here}"
    guess = nearest(name, (*fields, *TOP) if top else fields)
    if guess is not None:
        return f"{problem}; did you mean {guess!r}?"
    return f"{problem}: write metadata.{name}" if top and name in (METADATA.fields or ()) else problem


def unknown_at_top(name: str, data: Mapping[str, _Data], *, more: bool, quoted: bool) -> str | None:
    """Return why an object of another kind cannot have this top-level field; `None` if it can, or if unknown.

    Args:
        name: The field.
        data: The object.
        more: Whether the path continues after the field.
        quoted: Whether the field was quoted, which allows any field of a custom kind.
    """
    known = _at_top(data)
    custom = is_custom(group_of(data.get("apiVersion")))
    if name in data or known is None or name in known or (custom and quoted):
        return None
    problem = f"there is no field {name!r} at the top of {data.get('kind')}"
    end = f"{name}…" if more else name
    for holder in _holders(data, known):
        if _has(_at(data, holder), name):
            return f"{problem}: write {holder}.{end}"
    guess = nearest(name, known)
    if guess is not None:
        return f"{problem}; did you mean {guess!r}?"
    if name in (METADATA.fields or ()):
        return f"{problem}: write metadata.{end}"
    if "spec" not in known:
        return f"{problem}; it has {', '.join(known)}"
    return f"{problem}: write spec.{end}" + (f", or ['{name}'] if this kind has it there" if custom else "")


def _at_top(data: Mapping[str, _Data]) -> tuple[str, ...] | None:
    """Return the top-level fields of this kind of object; `None` if they are unknown."""
    api_version, kind = data.get("apiVersion"), data.get("kind")
    if isinstance(kind, str) and kind in _WITHOUT_SPEC and not is_custom(group_of(api_version)):
        return (*_IDENTITY, *_WITHOUT_SPEC[kind])
    return TOP if "spec" in data or template_path(api_version, kind) is not None else None


def _holders(data: Mapping[str, _Data], known: tuple[str, ...]) -> Iterator[FieldPath]:
    """Yield the paths below which a field may be that is not at the top."""
    for field in known:
        yield FieldPath(field)
    template = any_template_path(data)
    if template:
        yield template.child("spec")


def _has(value: _Data, step: str | int) -> bool:
    return isinstance(value, Mapping) and step in value


def _at(data: _Data, path: FieldPath) -> _Data:
    for step in path:
        data = _below(data, step)
    return data


def _below(value: _Data, step: str | int) -> _Data:
    """Return the value at this step; `None` if there is none."""
    if isinstance(value, list) and isinstance(step, int):
        return value[step] if step < len(value) else None
    return value.get(step) if isinstance(value, Mapping) else None
