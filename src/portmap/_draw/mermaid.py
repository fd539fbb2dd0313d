"""A diagram as Mermaid, which many wikis and README viewers draw."""

import re
from collections.abc import Iterator
from typing import Final

from portmap._draw.diagram import Diagram

_ARROWS: Final = {"fine": "-->", "nowhere": "-.->|unresolved|", "doubtful": "-.->|? in doubt|", "elsewhere": "-.->"}
_MOST_TEXT: Final = 50_000
_MOST_LINES: Final = 500
# Besides the end of a label: Mermaid looks for directives (`%%{`) and styles (`style x:#`) in the whole text.
_UNSAFE: Final = re.compile(r'["#<>&\\`%:]')


def as_mermaid(diagram: Diagram) -> str:
    """Return the diagram as a Mermaid flow chart."""
    return "".join(f"{line}\n" for line in _lines(diagram))


def too_large(diagram: Diagram, text: str) -> str | None:
    """Return why Mermaid refuses to draw this chart with its default `maxTextSize` and `maxEdges`, if so."""
    if len(text) < _MOST_TEXT and len(diagram.lines) < _MOST_LINES:
        return None
    return (
        f"{len(text):,} characters and {len(diagram.lines):,} lines are more than Mermaid draws by default "
        f"(less than {_MOST_TEXT:,} and {_MOST_LINES:,}): draw a part of the input, or an SVG"
    )


def _lines(diagram: Diagram) -> Iterator[str]:
    yield "flowchart LR"
    for number, (namespace, boxes) in enumerate(diagram.lanes.items()):
        title = f"namespace {namespace}" if namespace else "no namespace"
        yield f'  subgraph n{number}["{_escaped(title)}"]'
        yield "    direction LR"
        for box in boxes:
            head = _escaped(box.label)
            for row in box.rows:
                text = _escaped(" ".join(part for part in (row.text, row.aside) if part))
                state = "" if row.state == "fine" else f":::{row.state}"
                yield f'    {_id(row.id)}["{head}<br>{text}"]{state}'
        yield "  end"
    for line in diagram.lines:
        yield f"  {_id(line.start)} {_ARROWS[line.state]} {_id(line.end)}"
    yield "  classDef nowhere stroke:#c1272d,stroke-dasharray:5 3,color:#a4161a"
    yield "  classDef doubtful fill:#fff3d6,stroke:#996300,stroke-dasharray:5 3,color:#7a4b00"
    yield "  classDef unreached fill:#fff3d6,color:#7a4b00"
    yield "  classDef elsewhere stroke:#767f88,stroke-dasharray:2 3"


def _id(id_: str) -> str:
    return id_.replace(".", "_")


def _escaped(text: str) -> str:
    return _UNSAFE.sub(lambda match: f"#{ord(match[0])};", text)
