"""Writing files so that they are never half-written: the only module of portmap that writes one."""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from portmap._errors import ManifestError

__all__ = ["read_bytes", "replace_bytes"]


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """The content of a regular file.

    Raises:
        ManifestError: It cannot be read, or is no regular file.
    """
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            raise ManifestError("is no regular file", str(path))
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, ManifestError):
            raise
        raise ManifestError(f"cannot be read: {_reason(error)}", str(path)) from None


def replace_bytes(path: str | os.PathLike[str], data: bytes, *, expected: bytes) -> None:
    """Give an existing file this content, all at once or not at all.

    The content goes to a temporary file `.NAME.….tmp` in the same folder, to the disk, and is
    then renamed. A symbolic link stays, and what it leads to is replaced; permissions stay, and
    owner and group where the process may set them. Another hard link keeps the old content.

    Args:
        path: The file.
        data: Its new content.
        expected: What was read from it. The last thing before the rename is to look whether
            that is still what it holds.

    Raises:
        ManifestError: It could not be written, or has changed since; it is as it was.
    """
    name = str(path)
    if read_bytes(path) != expected:
        raise _changed(name)
    temporary: Path | None = None
    try:
        target = Path(path).resolve(strict=True)
        if not os.access(target, os.W_OK):
            raise ManifestError("cannot be written: it is read-only", name)
        before = target.stat()
        handle, made = tempfile.mkstemp(prefix=f".{target.name[:50]}.", suffix=".tmp", dir=target.parent)
        temporary = Path(made)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            _keep_owner(temporary, before)
            temporary.chmod(stat.S_IMODE(before.st_mode))
            os.fsync(file.fileno())
        if read_bytes(target) != expected:
            raise _changed(name)
        temporary.replace(target)
        temporary = None
        _sync_folder(target.parent)
    except (OSError, ValueError) as error:
        if isinstance(error, ManifestError):
            raise
        raise ManifestError(f"cannot be written: {_reason(error)}", name) from None
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()


def _changed(name: str) -> ManifestError:
    return ManifestError("has changed since it was read; nothing was written", name)


def _keep_owner(temporary: Path, before: os.stat_result) -> None:
    # Windows has no owners, and only root may give a file away.
    if hasattr(os, "chown"):
        with suppress(OSError):
            os.chown(temporary, before.st_uid, before.st_gid)


def _sync_folder(folder: Path) -> None:
    # The file has its new content by now; not every file system lets a folder be synchronised.
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
