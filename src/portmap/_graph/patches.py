"""Patches of kustomizations, applied as far as they concern ports, labels and references.

Source: sigs.k8s.io/kustomize `api/krusty`; RFC 6902 (JSON patch); RFC 6901 (JSON pointer).
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Final

from portmap._apiserver.json_merge_patch import merge_json
from portmap._apiserver.merge_types import SERVICE_MERGE, Fields, KeyedList, MergeType, Names, WriteRefusedError
from portmap._apiserver.strategic_merge import apply_patch
from portmap._kubernetes.kinds import template_path
from portmap._model.service_reading import is_core_service

_CONTAINER: Final = KeyedList(
    {"name": None},
    "name",
    Fields({"ports": KeyedList({"containerPort": None, "protocol": "TCP"}, "containerPort", Fields({}))}),
)
_METADATA: Final = Fields({"labels": Names(), "annotations": Names()})
_POD_SPEC: Final = Fields({"containers": _CONTAINER, "initContainers": _CONTAINER})
_POD: Final = Fields({"metadata": _METADATA, "spec": _POD_SPEC})
"""How a pod template merges: lists that do not concern ports are replaced."""


class PatchError(Exception):
    """A patch that cannot be applied."""


def merge_patch(manifest: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return the object with a patch of the same form merged into it.

    Kubernetes' own kinds merge strategically, custom kinds by RFC 7386.

    Raises:
        PatchError: The patch cannot be applied.
    """
    merge_type = _merge_type(manifest)
    if merge_type is None:
        merged: dict[str, Any] = merge_json(manifest, patch)
        return merged
    try:
        return apply_patch(manifest, patch, merge_type)
    except (WriteRefusedError, TypeError, AttributeError, ValueError) as error:
        # The merge checks the lists that it merges by a key. A malformed object fails elsewhere, too.
        raise PatchError(str(error)) from None


def _merge_type(manifest: Mapping[str, Any]) -> MergeType:
    if is_core_service(manifest):
        return SERVICE_MERGE
    path = template_path(manifest.get("apiVersion"), manifest.get("kind"))
    if path is None:
        return None
    merge_type = _POD
    for step in reversed(path.steps):
        merge_type = Fields({str(step): merge_type})
    return Fields({"metadata": _METADATA, **merge_type.of}) if path.steps else merge_type


def json_patch(manifest: Mapping[str, Any], operations: Sequence[Any]) -> dict[str, Any]:
    """Return the object with the operations of a JSON patch applied.

    Raises:
        PatchError: An operation is malformed, or its path does not exist.
    """
    document: Any = copy.deepcopy(manifest)
    for operation in operations:
        try:
            document = _operate(document, operation)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise PatchError(f"{operation}: {error}") from None
    if not isinstance(document, dict):
        raise PatchError("the patch replaces the whole object")
    return document


def _operate(document: Any, operation: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    name, steps = operation["op"], _pointer(operation["path"])
    if name == "add":
        return _put(document, steps, operation["value"], new=True)
    if name == "replace":
        return _put(document, steps, operation["value"], new=False)
    if name == "remove":
        _take(document, steps)
        return document
    if name == "copy":
        return _put(document, steps, copy.deepcopy(_value_at(document, _pointer(operation["from"]))), new=True)
    if name == "move":
        value = _take(document, _pointer(operation["from"]))
        return _put(document, steps, value, new=True)
    if name == "test":
        if _value_at(document, steps) != operation["value"]:
            raise ValueError("the test fails")
        return document
    raise ValueError(f"no operation {name!r}")


def _pointer(text: str) -> list[str]:
    if text and not text.startswith("/"):
        raise ValueError(f"{text!r} is no JSON pointer")
    return [step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:]]


def _value_at(document: Any, steps: Sequence[str]) -> Any:  # noqa: ANN401 - any JSON value
    for step in steps:
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


def _put(document: Any, steps: Sequence[str], value: object, *, new: bool) -> Any:  # noqa: ANN401 - any JSON value
    if not steps:
        return value
    parent, last = _value_at(document, steps[:-1]), steps[-1]
    if not isinstance(parent, list):
        if not new and last not in parent:
            raise KeyError(last)
        parent[last] = value
    elif not new:
        parent[int(last)] = value
    elif last == "-":
        parent.append(value)
    elif int(last) > len(parent):
        raise IndexError(last)
    else:
        parent.insert(int(last), value)
    return document


def _take(document: Any, steps: Sequence[str]) -> Any:  # noqa: ANN401 - any JSON value
    parent = _value_at(document, steps[:-1])
    return parent.pop(int(steps[-1])) if isinstance(parent, list) else parent.pop(steps[-1])
