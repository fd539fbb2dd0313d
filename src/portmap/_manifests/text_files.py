"""Reads the texts of files and streams: the only module of portmap that opens manifests to read."""

import io
import os
import zlib
from pathlib import Path
from typing import IO, Any, AnyStr, Final, cast

from portmap._kubernetes.errors import ManifestError, Span

PACKED: Final = ".gz"
"""The suffix of files that are packed by gzip."""

_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
"""The byte order marks of UTF-16, as PowerShell writes it. kubectl reads it, too."""

MAX_BYTES: Final = 48 * 1024 * 1024
"""How many bytes a file or stream may have, unpacked. To lint so many takes less than a gigabyte, whatever they are."""

_FAULTS: Final = (OSError, ValueError, EOFError, zlib.error)


def is_json(source: str) -> bool:
    """Return whether the name of a file or stream is that of JSON."""
    return source.lower().removesuffix(PACKED).endswith(".json")


def opened(path: Path) -> IO[bytes]:
    """Open a file to read; unpack it if its name ends in `.gz`. Its bytes are UTF-8, even if it is UTF-16.

    Raises:
        ManifestError: The file cannot be opened.
    """
    try:
        if path.name.lower().endswith(PACKED):
            import gzip  # Few files are packed, and every import costs a script's start.

            file: gzip.GzipFile | io.BufferedReader = gzip.open(path)  # noqa: SIM115 - the caller closes it
        else:
            file = path.open("rb")
        if file.peek(2)[:2] not in _UTF_16:
            return cast("IO[bytes]", file)
        with file:
            return io.BytesIO(_as_utf_8(_bounded(cast("IO[bytes]", file), MAX_BYTES, str(path))))
    except _FAULTS as error:
        raise unreadable(error, str(path)) from None


def read_file(path: Path, limit: int = MAX_BYTES) -> str:
    """Return the text of a file, unpacked as by `opened`.

    Raises:
        ManifestError: The file cannot be read, is not UTF-8, or has more bytes than the limit.
    """
    try:
        with opened(path) as file:
            data = _bounded(file, limit, str(path))
    except _FAULTS as error:
        raise unreadable(error, str(path)) from None
    return decoded(data, str(path))


def read_stream(stream: IO[str] | IO[bytes], limit: int = MAX_BYTES) -> str:
    """Return the text of a stream. It raises as `read_file` does."""
    name = str(getattr(stream, "name", "<stream>"))
    try:
        data: object = _bounded(cast("IO[Any]", stream), limit, name)
    except UnicodeDecodeError as error:
        raise not_utf8(error, name) from None
    except _FAULTS as error:
        raise unreadable(error, name) from None
    return decoded(_as_utf_8(data), name) if isinstance(data, bytes) else str(data)


def _as_utf_8(data: bytes) -> bytes:
    """Return the bytes of a text of UTF-8 or UTF-16 as UTF-8; as in kubectl, what is no character is U+FFFD."""
    return data.decode("utf-16", errors="replace").encode() if data.startswith(_UTF_16) else data


def _bounded(file: IO[AnyStr], limit: int, name: str) -> AnyStr:
    """Return all that a file or stream has; no more than the limit is read or unpacked.

    Raises:
        ManifestError: It has more.
    """
    part = data = file.read(limit + 1)
    # A pipe without a buffer returns what it has so far.
    while part and len(data) <= limit:
        part = file.read(limit + 1 - len(data))
        data += part
    if len(data) > limit:
        size = f"{limit >> 20} MiB" if limit >> 20 else f"{limit >> 10} KiB"
        raise ManifestError(f"is larger than {size}: split it", name)
    return data


def decoded(data: bytes, name: str) -> str:
    """Return the text of these bytes.

    Raises:
        ManifestError: They are not UTF-8.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        problem = f"is not UTF-8: byte {data[error.start]:#04x}"
        if data.startswith(_UTF_16):
            problem = "is UTF-16, as PowerShell writes it: save it as UTF-8"
        raise ManifestError(problem, name, Span(line, column, line, column + 1)) from None


def not_utf8(error: UnicodeDecodeError, name: str) -> ManifestError:
    """Return the error of a stream that cannot decode what it reads."""
    return ManifestError(f"is not UTF-8: byte {error.start} is {error.object[error.start]:#04x}", name)


def unreadable(error: Exception, name: str) -> ManifestError:
    """Return the error of a file or stream that cannot be read."""
    if isinstance(error, ManifestError):
        return error
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error) or os.strerror(5)
    return ManifestError(f"cannot be read: {reason}", name)
