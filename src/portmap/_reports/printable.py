"""Text that is safe to show: whatever stands in a manifest or a file's name, no terminal is upset by it."""

from typing import IO, Final

__all__ = ["encodable", "printable"]

# What reports are drawn with, for terminals that know only ASCII.
_DRAWN: Final = str.maketrans({"→": "->", "✗": "x", "…": "..."})


def printable(text: str) -> str:
    """The text on one line, with an escape for each character that prints nothing or steers the terminal."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)


def encodable(text: str, stream: IO[str]) -> str:
    """The text with an escape for each character that the stream's encoding does not have."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_DRAWN).encode(encoding, "backslashreplace").decode(encoding)
    return text
