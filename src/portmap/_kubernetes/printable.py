"""Text that is safe to show: no name and no value of a stranger steers a terminal or the log of a workflow.

Everything that portmap shows is made of `printable` parts, and the command writes no report that `safe_lines` would
change but for the symbols of its own.
"""

import re
from typing import Final

_LONGEST: Final = 120

# The logs of GitHub and Azure obey lines that begin with `::command::`, and `##[command]` anywhere in a line.
_COMMAND_LINE: Final = re.compile(r"^([^\S\n]*):(?=:.*::)", re.MULTILINE)
_COMMAND: Final = "##["

_STYLE: Final = re.compile(r"(\x1b\[[0-9;]*m)")


def printable(text: str) -> str:
    """Return the text on one line, with escapes for characters that are not printable."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)


def safe_lines(text: str, *, styles: bool = False) -> str:
    """Return lines without characters that steer a terminal, and without commands to the log of a workflow.

    Args:
        text: The lines. Tabs and line breaks stay.
        styles: Whether escape sequences for colours stay, too.
    """
    lines = text.split("\n")
    if not all(map(str.isprintable, lines)):
        text = "\n".join(map(_safe_styles if styles else _safe_line, lines))
    if "::" in text:
        text = _COMMAND_LINE.sub(r"\1\\x3a", text)
    return text.replace(_COMMAND, r"#\x23[") if _COMMAND in text else text


def _safe_styles(line: str) -> str:
    # With one group, `split` returns texts and styles in turn.
    return "".join(part if at % 2 else _safe_line(part) for at, part in enumerate(_STYLE.split(line)))


def _safe_line(line: str) -> str:
    end = "\r" if line.endswith("\r") else ""
    return "\t".join(map(printable, line.removesuffix("\r").split("\t"))) + end


def shown(value: object) -> str:
    """Return a text as it is, and any other value as `safe_repr` does."""
    return value if isinstance(value, str) else safe_repr(value)


def safe_repr(value: object) -> str:
    """Return a value as Python shows it, cut if it is very long, or what it is if Python cannot show it."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - the repr of a foreign class may raise anything, that of a long number does
        return f"a value of type {type(value).__name__}"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
