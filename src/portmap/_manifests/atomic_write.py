"""Atomic writes: the only module of portmap that opens files to write.

The new content is written and synced to a temporary file in the same folder, which then replaces the old
file. If anything fails or the process dies, the file has either the old or the new content.
"""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from portmap._kubernetes.errors import ManifestError


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """Return the content of a regular file.

    Raises:
        ManifestError: The file cannot be read, or is not a regular file.
    """
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            raise ManifestError("is not a regular file", str(path))
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise _failed(error, "cannot be read", path) from None


def replace_bytes(path: str | os.PathLike[str], data: bytes, *, expected: bytes) -> None:
    """Replace the content of an existing file atomically.

    Args:
        path: The file.
        data: The new content.
        expected: The content that was read from the file. It is compared with the file directly before
            the replacement.

    Raises:
        ManifestError: The file could not be written, or has changed since it was read. Nothing was written.
    """
    if read_bytes(path) != expected:
        raise _changed(path)
    try:
        if not os.access(path, os.W_OK):
            raise ManifestError("cannot be written: it is read-only", str(path))
        write_whole(path, data, expected=expected)
    except PermissionError as error:
        # The file itself is writable, so its folder is not.
        problem = f"cannot be replaced: nothing can be written to its folder ({error.strerror})"
        raise ManifestError(problem, str(path)) from None
    except (OSError, ValueError) as error:
        raise _failed(error, "cannot be written", path) from None


def _changed(path: str | os.PathLike[str]) -> ManifestError:
    return ManifestError("has changed since it was read; nothing was written", str(path))


def _failed(error: Exception, what: str, path: str | os.PathLike[str]) -> ManifestError:
    if isinstance(error, ManifestError):
        return error
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return ManifestError(f"{what}: {reason}", str(path))


def write_whole(path: str | os.PathLike[str], data: bytes, *, expected: bytes | None = None) -> None:
    """Write a file, or leave it as it is.

    A symbolic link stays, and its target is written. An existing file keeps its permissions, and its owner
    and group as far as the process may set them.

    Args:
        path: The file.
        data: The new content.
        expected: The content that the file must have directly before the write; `None` for any.

    Raises:
        ManifestError: The file has other content.
        OSError: The file cannot be written, or is not a file. It has its old content.
    """
    target = Path(os.path.realpath(path))
    before = target.stat() if target.exists() else None
    if before is not None and not stat.S_ISREG(before.st_mode):
        _write_in_place(target, data)
        return
    handle, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            _keep(file.fileno(), before)
            os.fsync(file.fileno())
        if expected is not None and target.read_bytes() != expected:
            raise _changed(path)  # noqa: TRY301 - the handler below cleans up
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    _sync_folder(target.parent)


def _write_in_place(target: Path, data: bytes) -> None:
    """Write to a device or a pipe, which has no old content to keep. This fails for a folder."""
    with target.open("wb") as file:
        file.write(data)


def _keep(handle: int, before: os.stat_result | None) -> None:
    """Set the permissions and owner of the old file, or the usual permissions if there was none."""
    if before is None:
        mask = os.umask(0)
        os.umask(mask)
        os.fchmod(handle, 0o666 & ~mask)
        return
    os.fchmod(handle, stat.S_IMODE(before.st_mode))
    with suppress(OSError):
        os.fchown(handle, before.st_uid, before.st_gid)


def _sync_folder(folder: Path) -> None:
    """Sync the new name to the disk, where folders can be synced (not on Windows)."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
