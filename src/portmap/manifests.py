"""Reads, validates, writes and edits manifests.

    >>> from portmap.manifests import validate
    >>> manifest = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {}}
    >>> [violation.code for violation in validate(manifest)]
    ['ports-required']

Only these names use PyYAML, cattrs and files. Each is imported when it is first used, so a script that
only writes imports no reader.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from portmap._manifests.applied import applied
    from portmap._manifests.converter import converter
    from portmap._manifests.documents import Document, Manifests
    from portmap._manifests.edit import Edit, edit, set_fields
    from portmap._manifests.load import load, parse
    from portmap._manifests.read import read
    from portmap._manifests.stream import iter_documents
    from portmap._manifests.validate import stored, validate, warnings
    from portmap._manifests.write import to_json, to_yaml
    from portmap._model.to_manifest import to_manifest

__all__ = [
    "Document",
    "Edit",
    "Manifests",
    "applied",
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
    "Document": "portmap._manifests.documents",
    "Edit": "portmap._manifests.edit",
    "Manifests": "portmap._manifests.documents",
    "applied": "portmap._manifests.applied",
    "converter": "portmap._manifests.converter",
    "edit": "portmap._manifests.edit",
    "iter_documents": "portmap._manifests.stream",
    "load": "portmap._manifests.load",
    "parse": "portmap._manifests.load",
    "read": "portmap._manifests.read",
    "set_fields": "portmap._manifests.edit",
    "stored": "portmap._manifests.validate",
    "to_json": "portmap._manifests.write",
    "to_manifest": "portmap._model.to_manifest",
    "to_yaml": "portmap._manifests.write",
    "validate": "portmap._manifests.validate",
    "warnings": "portmap._manifests.validate",
}


if not TYPE_CHECKING:  # A type checker would take every name for granted, misspelt ones too.

    def __getattr__(name: str) -> object:
        if name in _HOMES:
            return getattr(import_module(_HOMES[name]), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
