"""Writing files whole or not at all: the only module of portmap that opens files to write.

The new content goes to a file beside the old one, reaches the disk, and then takes its name.
Whatever fails, and whenever the process dies, the name stands for the old content or the new.
"""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from portmap._kubernetes.errors import ManifestError


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
        raise _failed(error, "cannot be read", path) from None


def replace_bytes(path: str | os.PathLike[str], data: bytes, *, expected: bytes) -> None:
    """Give an existing file this content, all at once or not at all.

    Args:
        path: The file.
        data: Its new content.
        expected: What was read from it. The last thing before the new content takes its name is
            to look whether that is still what it holds.

    Raises:
        ManifestError: It could not be written, or has changed since; it is as it was.
    """
    if read_bytes(path) != expected:
        raise _changed(path)
    try:
        if not os.access(path, os.W_OK):
            raise ManifestError("cannot be written: it is read-only", str(path))
        write_whole(path, data, expected=expected)
    except PermissionError as error:
        # The file itself may be written, as was just asked.
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

    A symbolic link stays one, and what it points at is written. The permissions of a file
    that was there stay, and so do its owner and group as far as the process may set them.

    Args:
        path: The file.
        data: All of its new content.
        expected: What it must still hold just before that; `None`: anything.

    Raises:
        ManifestError: It holds something else.
        OSError: It cannot be written, or is no file; its old content is what it was.
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
            raise _changed(path)  # noqa: TRY301 - cleaned up after like any failure
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    _sync_folder(target.parent)


def _write_in_place(target: Path, data: bytes) -> None:
    """A device or a pipe has no old content to keep; a folder cannot be written."""
    with target.open("wb") as file:
        file.write(data)


def _keep(handle: int, before: os.stat_result | None) -> None:
    """The permissions and owner of the old file; those of any new file where there was none."""
    if before is None:
        mask = os.umask(0)
        os.umask(mask)
        os.fchmod(handle, 0o666 & ~mask)
        return
    os.fchmod(handle, stat.S_IMODE(before.st_mode))
    with suppress(OSError):
        os.fchown(handle, before.st_uid, before.st_gid)


def _sync_folder(folder: Path) -> None:
    """Bring the new name to the disk, where folders can be told to (not on Windows)."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
