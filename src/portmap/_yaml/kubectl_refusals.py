"""Documents that an API server reads and kubectl refuses.

kubectl cuts a file at every line that begins with `---` before it reads YAML. Source: kubernetes/kubernetes 1.36.2,
`staging/src/k8s.io/apimachinery/pkg/util/yaml/decoder.go`, `YAMLReader.Read`.
"""

import re
from functools import lru_cache
from typing import Final

from portmap._yaml.parsed_document import ParsedDocument
from portmap._yaml.positions import Positions

_CONTENT_AFTER_MARKER: Final = re.compile(r"^---[ \t]+[^\s#]", re.MULTILINE)
_DIRECTIVE: Final = re.compile(r"^%", re.MULTILINE)
_NO_CONTENT: Final = re.compile(r"(?:---)?[ \t]*(?:#.*)?$", re.MULTILINE)


def kubectl_refusal(document: ParsedDocument) -> tuple[str, str] | None:
    """Return why kubectl refuses a document that a server reads, and what to do; `None` if it does not."""
    if document.is_json or not _may_have_refusals(document.text):
        return None
    text, starts = document.text, document.source_text.line_starts
    start, _ = document.positions.value(Positions.ROOT)
    line = document.source_text.span(start, start).line - 1
    if _CONTENT_AFTER_MARKER.match(text, starts[line]) is not None:
        return "kubectl refuses a document that begins on the line of its ---", "begin it on the next line"
    has_directive = False
    for start in reversed(starts[:line]):
        if has_directive and text.startswith("---", start):
            break
        if text.startswith("%", start):
            has_directive = True
        elif _NO_CONTENT.match(text, start) is None:
            # The directive is after the end of another document, with which kubectl drops it.
            return None
    if has_directive:
        return "kubectl refuses a document with a directive", "remove the line that begins with %"
    return None


@lru_cache(maxsize=1)
def _may_have_refusals(text: str) -> bool:
    """Return whether any document of the text may be refused; most texts have none, and need no positions."""
    return _CONTENT_AFTER_MARKER.search(text) is not None or _DIRECTIVE.search(text) is not None
