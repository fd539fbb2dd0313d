"""A diagram as Mermaid, which many wikis and README viewers draw."""

import re
from collections.abc import Iterator
from typing import Final

from portmap._draw.diagram import Diagram

__all__ = ["as_mermaid", "too_much"]

_ARROWS: Final = {"fine": "-->", "nowhere": "-.->|nowhere|", "elsewhere": "-.->"}
_MOST_TEXT: Final = 50_000
_MOST_LINES: Final = 500
# Beside what ends a label: directives (`%%{`) and styles (`style x:#`) are looked for in the whole text.
_UNSAFE: Final = re.compile(r'["#<>&\\`%:]')


def as_mermaid(diagram: Diagram) -> str:
    """The diagram as the text of a Mermaid flow chart."""
    return "".join(f"{line}\n" for line in _lines(diagram))


def too_much(diagram: Diagram, text: str) -> str | None:
    """Why a viewer of Mermaid will not draw this, if it goes by the usual limits, `maxTextSize` and `maxEdges`."""
    if len(text) < _MOST_TEXT and len(diagram.lines) < _MOST_LINES:
        return None
    return (
        f"{len(text):,} characters and {len(diagram.lines):,} lines are more than Mermaid draws unless it is told to "
        f"(less than {_MOST_TEXT:,} and {_MOST_LINES:,}): draw a part of it, or an SVG"
    )


def _lines(diagram: Diagram) -> Iterator[str]:
    yield "flowchart LR"
    for number, (namespace, boxes) in enumerate(diagram.lanes.items()):
        title = f"namespace {namespace}" if namespace else "no namespace"
        yield f'  subgraph n{number}["{_quoted(title)}"]'
        yield "    direction LR"
        for box in boxes:
            head = _quoted(box.label)
            for row in box.rows:
                text = _quoted(" ".join(part for part in (row.text, row.aside) if part))
                state = "" if row.state == "fine" else f":::{row.state}"
                yield f'    {_plain(row.id)}["{head}<br>{text}"]{state}'
        yield "  end"
    for line in diagram.lines:
        yield f"  {_plain(line.start)} {_ARROWS[line.state]} {_plain(line.end)}"
    yield "  classDef nowhere stroke:#c1272d,stroke-dasharray:5 3,color:#a4161a"
    yield "  classDef unreached fill:#fff3d6,color:#7a4b00"
    yield "  classDef elsewhere stroke:#767f88,stroke-dasharray:2 3"


def _plain(identity: str) -> str:
    return identity.replace(".", "_")


def _quoted(text: str) -> str:
    return _UNSAFE.sub(lambda match: f"#{ord(match[0])};", text)
