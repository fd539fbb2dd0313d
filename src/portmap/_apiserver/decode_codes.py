"""Codes of errors in decoding a manifest, which no rule reports.

For most of them the server answers 400 with a text, without fields. Field, reason and code are portmap's own.
"""

from collections.abc import Mapping
from typing import Final

DECODING_CODES: Final[Mapping[str, str]] = {
    "wrong-type": (
        'Value has the wrong type for its field. Nothing is converted: `port: "80"` is a string and not\n'
        "a number, `True` is not a number, and `80.0` is not an integer."
    ),
    "unknown-field": "Field does not exist. Names are case-sensitive: `targetport` is unknown.",
    "duplicate-field": "Key appears twice. A strict server rejects it. Readers differ in which value they use.",
    "undecodable": "Manifest is not a mapping, or its JSON text cannot be parsed.",
    "wrong-kind": "`apiVersion` and `kind` are not those of a core Service, or not of the expected kind.",
    "another-object": "Namespace is not that of the request, or name or uid is not that of the updated object.",
    "resource-version-forbidden": "Object of a create has a `resourceVersion`. The server checks it last.",
    "template-required": "Workload has no pod template. A kustomize patch may have none.",
}
"""The documentation of each code, beginning with a title that states the problem."""
