"""The codes of violations that come of no rule: those of reading what should be a manifest.

The server answers 400 with a text and no fields to most of these; field, reason and code
are portmap's own here.
"""

from collections.abc import Mapping
from typing import Final

__all__ = ["CODES_OF_READING"]

CODES_OF_READING: Final[Mapping[str, str]] = {
    "wrong-type": 'A value is not of the type that its field has. Nothing is coerced: `port: "80"` is text\n'
    "and no number, `True` is no number, `80.0` is no integer.",
    "unknown-field": "A Service, a port, metadata or a probe has no such field. Names are case-sensitive:\n"
    "`targetport` is unknown.",
    "duplicate-field": "A text gives one key twice. A strict server refuses it; readers differ in which of the\n"
    "two counts.",
    "undecodable": "What should be a manifest is no mapping, or its JSON text cannot be read.",
    "wrong-kind": "`apiVersion` and `kind` are not those of a core Service, or not of the kind that was\nasked for.",
    "another-object": "The namespace is not that of the request, or the name or uid is not that of the object\n"
    "that an update replaces.",
    "resource-version-forbidden": "An object that is to be created has a `resourceVersion`. The server finds it last"
    " of all.",
    "template-required": "A workload has no pod template, as a kustomize patch may have none.",
}
"""What each of them means."""
