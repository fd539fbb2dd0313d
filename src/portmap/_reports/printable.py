"""Text that is safe to show: no manifest and no file name can steer a terminal."""

from typing import IO, Final

# The symbols of reports, for terminals that know only ASCII.
_ASCII: Final = str.maketrans({"→": "->", "✗": "x", "…": "..."})


def printable(text: str) -> str:
    """Return the text on one line, with escapes for characters that are not printable."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)


def encodable(text: str, stream: IO[str]) -> str:
    """Return the text with escapes for characters that the encoding of the stream lacks."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII).encode(encoding, "backslashreplace").decode(encoding)
    return text
