"""Manifests: reading, judging and writing what others wrote, or will read.

    >>> from portmap.manifests import validate
    >>> manifest = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {}}
    >>> [violation.code for violation in validate(manifest)]
    ['ports-required']

The only part of portmap that knows PyYAML, cattrs and files. Each name is loaded
when it is first asked for, so that a script which only writes loads no reader.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portmap._model.to_manifest import to_manifest
    from portmap.manifests._converter import converter
    from portmap.manifests._documents import Document, Manifests, Note
    from portmap.manifests._edit import Edit, edit, set_fields
    from portmap.manifests._load import load, parse
    from portmap.manifests._read import read
    from portmap.manifests._stream import iter_documents
    from portmap.manifests._verdicts import stored, validate, warnings
    from portmap.manifests._write import to_json, to_yaml

__all__ = [
    "Document",
    "Edit",
    "Manifests",
    "Note",
    "converter",
    "edit",
    "iter_documents",
    "load",
    "parse",
    "read",
    "set_fields",
    "stored",
    "to_json",
    "to_manifest",
    "to_yaml",
    "validate",
    "warnings",
]

_HOMES = {
    "Document": "portmap.manifests._documents",
    "Edit": "portmap.manifests._edit",
    "Manifests": "portmap.manifests._documents",
    "Note": "portmap.manifests._documents",
    "converter": "portmap.manifests._converter",
    "edit": "portmap.manifests._edit",
    "iter_documents": "portmap.manifests._stream",
    "load": "portmap.manifests._load",
    "parse": "portmap.manifests._load",
    "read": "portmap.manifests._read",
    "set_fields": "portmap.manifests._edit",
    "stored": "portmap.manifests._verdicts",
    "to_json": "portmap.manifests._write",
    "to_manifest": "portmap._model.to_manifest",
    "to_yaml": "portmap.manifests._write",
    "validate": "portmap.manifests._verdicts",
    "warnings": "portmap.manifests._verdicts",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - as typed above
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
