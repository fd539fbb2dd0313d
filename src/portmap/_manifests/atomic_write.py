"""Atomic writes: the only module of portmap that opens files to write.

The new content is written and synced to a temporary file in the same folder, which then replaces the old
file. If anything fails or the process dies, the file has either the old or the new content.
"""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from portmap._kubernetes.errors import ManifestError

_ACL: Final = "system.posix_acl_access"


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


def _failed(error: Exception, what: str, path: str | os.PathLike[str]) -> ManifestError:
    if isinstance(error, ManifestError):
        return error
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return ManifestError(f"{what}: {reason}", str(path))


def write_whole(path: str | os.PathLike[str], data: bytes, *, expected: bytes | None = None) -> None:
    """Write a file, or leave it as it is.

    A symbolic link stays, and its target is written. An existing file keeps its permissions, access control list,
    extended attributes, owner and group.

    Args:
        path: The file.
        data: The new content.
        expected: The content that the file must have directly before the write; `None` for any.

    Raises:
        ManifestError: The file cannot be written, has other content, or is one whose permissions, owner or hard links
            cannot be kept. It is as it was.
    """
    try:
        target = Path(os.path.realpath(path))
        # `Path.exists` fails in folders without permission. In a circle of links, the target is one of them.
        exists = os.path.exists(target) or os.path.lexists(target)  # noqa: PTH110 - see above
        before = os.stat(path) if exists else None  # noqa: PTH116 - the path may be text
        if before is not None and not stat.S_ISREG(before.st_mode):
            # A device or a pipe has no old content to keep. This fails for a folder.
            with target.open("wb") as file:
                file.write(data)
            return
        if before is not None:
            _check(before, target, path)
        _replace(target, data, before, expected, path)
    except (OSError, ValueError) as error:
        raise _failed(error, "cannot be written", path) from None


def _check(before: os.stat_result, target: Path, path: str | os.PathLike[str]) -> None:
    """Fail for a file that this process may replace but should not."""
    # Root may write everything; a file without write permission is still kept.
    if not before.st_mode & 0o222 or not os.access(target, os.W_OK):
        raise ManifestError("cannot be written: it is read-only", str(path))
    if before.st_nlink > 1:
        raise ManifestError(f"cannot be replaced: it has {before.st_nlink} names (hard links)", str(path))


def _replace(
    target: Path,
    data: bytes,
    before: os.stat_result | None,
    expected: bytes | None,
    path: str | os.PathLike[str],
) -> None:
    name = target.with_name(f".portmap-{secrets.token_hex(8)}.tmp")
    try:
        # A new file has the permissions of any other that is made here; one that replaces is private until then.
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if before is None else 0o600)
    except PermissionError as error:
        problem = f"cannot be replaced: nothing can be written to its folder ({error.strerror})"
        raise ManifestError(
            problem if before is not None else f"cannot be written: {error.strerror}", str(path)
        ) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            if before is not None:
                _keep(file.fileno(), before, target, path)
            os.fsync(file.fileno())
        if expected is not None and target.read_bytes() != expected:
            raise ManifestError("has changed since it was read; nothing was written", str(path))  # noqa: TRY301 - cleans up
        name.replace(target)
    except BaseException:
        with suppress(OSError):
            name.unlink()
        raise
    _sync_folder(target.parent)


def _keep(handle: int, before: os.stat_result, target: Path, path: str | os.PathLike[str]) -> None:
    """Give a new file the owner, extended attributes and permissions of the old one.

    Raises:
        ManifestError: The owner or the access control list cannot be kept.
    """
    try:
        made = os.fstat(handle)
        if (made.st_uid, made.st_gid) != (before.st_uid, before.st_gid):
            os.fchown(handle, before.st_uid, before.st_gid)
        if hasattr(os, "listxattr"):
            _keep_attributes(handle, target)
    except OSError as error:
        problem = f"cannot be replaced: its owner or access control list cannot be kept ({error.strerror})"
        raise ManifestError(problem, str(path)) from None
    os.fchmod(handle, stat.S_IMODE(before.st_mode))


def _keep_attributes(handle: int, target: Path) -> None:
    names = set()
    with suppress(OSError):  # Not every file system has them.
        names = set(os.listxattr(target))
        if _ACL not in names and _ACL in os.listxattr(handle):
            # The folder gives it to new files.
            os.removexattr(handle, _ACL)
    for name in names:
        if name == _ACL:
            os.setxattr(handle, name, os.getxattr(target, name))
        elif name.startswith("user.") or name == "security.selinux":
            with suppress(OSError):
                os.setxattr(handle, name, os.getxattr(target, name))


def _sync_folder(folder: Path) -> None:
    """Sync the new name to the disk, where folders can be synced (not on Windows)."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
