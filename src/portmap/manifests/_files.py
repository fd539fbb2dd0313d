"""Writing files whole or not at all: the only module of portmap that opens files to write.

The new content goes to a file beside the old one, reaches the disk, and then takes its name.
Whatever fails, and whenever the process dies, the name stands for the old content or the new.
"""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

__all__ = ["write_whole"]


def write_whole(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file, or leave it as it is.

    A symbolic link stays one, and what it points at is written. The permissions of a file
    that was there stay, and so do its owner and group as far as the process may set them.

    Args:
        path: The file.
        data: All of its new content.

    Raises:
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
