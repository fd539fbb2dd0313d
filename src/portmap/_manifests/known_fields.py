"""Which fields an object can have, as far as that is known: a Service's all, and of other kinds those at the top."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from portmap._apiserver.metadata_schema import METADATA
from portmap._apiserver.service_schema import SERVICE
from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.kinds import any_template_path, group_of, is_custom, template_path
from portmap._kubernetes.schema import Reader

APPEND: Final = "[+]"
"""The step that stands for a new item at the end of a list."""

TOP: Final = ("apiVersion", "kind", "metadata", "spec", "status")
"""What stands at the top of a Service, and of nearly all that has a spec."""

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
"""Kubernetes' own kinds that have no spec, and what they have at the top instead. Source: k8s.io/api at 1.36."""

_Data: TypeAlias = Any


def unknown_in_service(path: FieldPath, data: _Data, *, in_spec: bool) -> str | None:
    """Why a Service cannot have a field at this path; `None` if it can, or if what it cannot have is there.

    Args:
        path: From the object to the field.
        data: The object.
        in_spec: Whether the path was given without the `spec` with which it begins.
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
    # Who left `spec` out may have meant what stands beside it.
    problem = f"there is no field {name!r} in {here}"
    guess = nearest(name, (*fields, *TOP) if top else fields)
    if guess is not None:
        return f"{problem}; did you mean {guess!r}?"
    return f"{problem}: write metadata.{name}" if top and name in (METADATA.fields or ()) else problem


def unknown_at_top(name: str, data: Mapping[str, _Data], *, more: bool, quoted: bool) -> str | None:
    """Why an object of another kind cannot have this field at its top; `None` if it can, or nobody knows.

    Args:
        name: The field.
        data: The object.
        more: Whether the path goes on behind the field.
        quoted: Whether it was given in quotes, by which a field of a custom kind is meant as it is written.
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
    """What this object can have at its top; `None` where nobody knows."""
    api_version, kind = data.get("apiVersion"), data.get("kind")
    if isinstance(kind, str) and kind in _WITHOUT_SPEC and not is_custom(group_of(api_version)):
        return (*_IDENTITY, *_WITHOUT_SPEC[kind])
    return TOP if "spec" in data or template_path(api_version, kind) is not None else None


def _holders(data: Mapping[str, _Data], known: tuple[str, ...]) -> Iterator[FieldPath]:
    """Where a field may stand that was looked for at the top."""
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
    """What stands there; nothing, if nothing does."""
    if isinstance(value, list) and isinstance(step, int):
        return value[step] if step < len(value) else None
    return value.get(step) if isinstance(value, Mapping) else None
