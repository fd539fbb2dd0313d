"""Reads the texts of files and streams: the only module of portmap that opens manifests to read."""

import io
import os
import zlib
from pathlib import Path
from typing import IO, Final, cast

from portmap._kubernetes.errors import ManifestError, Span

PACKED: Final = ".gz"
"""The suffix of files that are packed by gzip."""

_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
"""The byte order marks of UTF-16, as PowerShell writes it. kubectl reads it, too."""

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
            return io.BytesIO(_as_utf_8(file.read()))
    except _FAULTS as error:
        raise unreadable(error, str(path)) from None


def read_file(path: Path, limit: int | None = None) -> str:
    """Return the text of a file, unpacked as by `opened`.

    Raises:
        ManifestError: The file cannot be read, is not UTF-8, or has more bytes than the limit.
    """
    try:
        with opened(path) as file:
            data = file.read() if limit is None else file.read(limit + 1)
    except _FAULTS as error:
        raise unreadable(error, str(path)) from None
    _check_size(data, limit, str(path))
    return decoded(data, str(path))


def read_stream(stream: IO[str] | IO[bytes], limit: int | None = None) -> str:
    """Return the text of a stream. It raises as `read_file` does."""
    name = str(getattr(stream, "name", "<stream>"))
    try:
        data: object = stream.read() if limit is None else stream.read(limit + 1)
    except UnicodeDecodeError as error:
        raise not_utf8(error, name) from None
    except _FAULTS as error:
        raise unreadable(error, name) from None
    if isinstance(data, bytes):
        _check_size(data, limit, name)
        return decoded(_as_utf_8(data), name)
    text = str(data)
    _check_size(text, limit, name)
    return text


def _as_utf_8(data: bytes) -> bytes:
    """Return the bytes of a text of UTF-8 or UTF-16 as UTF-8; as in kubectl, what is no character is U+FFFD."""
    return data.decode("utf-16", errors="replace").encode() if data.startswith(_UTF_16) else data


def _check_size(data: bytes | str, limit: int | None, name: str) -> None:
    if limit is not None and len(data) > limit:
        size = f"{limit >> 20} MiB" if limit >> 20 else f"{limit >> 10} KiB"
        raise ManifestError(f"is larger than {size}: split it", name)


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
