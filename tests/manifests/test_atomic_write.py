"""Atomic writes of files."""

import errno
import os
import random
import stat
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from portmap import ManifestError
from portmap._manifests.atomic_write import read_bytes, write_whole

WRITER = """
import sys
from portmap._manifests.atomic_write import read_bytes, write_whole
a, b = b"# a\\n" * 20000, b"# b\\n" * 30000
print(flush=True)
while True:
    now = read_bytes(sys.argv[1])
    write_whole(sys.argv[1], b if now == a else a, expected=now)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file in a folder of its own."""
    made = tmp_path / "a.yaml"
    made.write_bytes(b"old")
    return made


def test_a_link_and_permissions_stay(file: Path) -> None:
    """The target of a link is replaced and keeps its permissions; the link stays, and no other file is left."""
    file.chmod(0o640)
    link = file.with_name("link.yaml")
    link.symlink_to(file.name)
    write_whole(link, b"new", expected=b"old")
    assert (link.is_symlink(), file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (True, b"new", 0o640)
    assert sorted(each.name for each in file.parent.iterdir()) == ["a.yaml", "link.yaml"]


def test_a_file_that_changed_is_left_alone(file: Path) -> None:
    """A file that another program changed since it was read is not overwritten."""
    with pytest.raises(ManifestError, match="has changed since it was read"):
        write_whole(file, b"new", expected=b"older")
    assert file.read_bytes() == b"old"


@pytest.mark.parametrize("function", ["fsync", "fdopen", "fchmod", "replace"])
def test_the_old_content_stays_on_failure(file: Path, monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    """If any step fails, the file has its old content, and no other file is left."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path if function == "replace" else os, function, fail)
    with pytest.raises(ManifestError, match="cannot be written: No space left"):
        write_whole(file, b"new", expected=b"old")
    assert [each.read_bytes() for each in file.parent.iterdir()] == [b"old"]


def test_a_disk_that_is_full(file: Path) -> None:
    """If only a few bytes can be written, the file has its old content."""
    code = (
        "import resource, signal, sys; from portmap._manifests.atomic_write import write_whole\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (9999, 9999))\n"
        "write_whole(sys.argv[1], b'n' * 100000, expected=b'old')\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, check=False, timeout=60)
    assert b"cannot be written: File too large" in done.stderr
    assert [each.read_bytes() for each in file.parent.iterdir()] == [b"old"]


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    """A folder, a pipe that would block and an invalid name are refused."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "none", f"{tmp_path}/a\0b"):
        with pytest.raises(ManifestError):
            read_bytes(path)


def test_killing_a_writer_breaks_no_file(file: Path) -> None:
    """If the process is killed at any moment, the file has the whole old or the whole new content."""
    contents = (b"# a\n" * 20000, b"# b\n" * 30000)
    file.write_bytes(contents[0])
    rng = random.Random(1)
    for _ in range(30):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(rng.random() * 0.05)
            process.kill()
        assert file.read_bytes() in contents


def test_a_folder_that_cannot_be_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writable file in a folder that is not writable stays, and the error names the folder."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(ManifestError, match="cannot be replaced: nothing can be written to its folder"):
        write_whole(file, b"new", expected=b"old")
    assert file.read_bytes() == b"old"


def test_a_read_only_file_stays(file: Path) -> None:
    """A file that nobody may write is not replaced, not even by root."""
    file.chmod(0o444)
    with pytest.raises(ManifestError, match="cannot be written: it is read-only"):
        write_whole(file, b"new")
    assert file.read_bytes() == b"old"


def test_hard_links_stay(file: Path) -> None:
    """A file of several names is not replaced under one of them."""
    os.link(file, file.with_name("b.yaml"))
    with pytest.raises(ManifestError, match="it has 2 names"):
        write_whole(file, b"new")
    assert file.read_bytes() == file.with_name("b.yaml").read_bytes() == b"old"


def test_links_in_a_circle_stay(tmp_path: Path) -> None:
    """A link that leads to itself is an error, and is not replaced."""
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(ManifestError, match="Too many levels of symbolic links"):
        write_whole(tmp_path / "a", b"new")
    assert (tmp_path / "a").is_symlink()


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="Python knows extended attributes on Linux only")
def test_access_control_lists_and_attributes_stay(file: Path) -> None:
    """The access control list and attributes of a file stay, and a list of the folder is not added."""
    entries = [(1, 6, -1), (2, 4, 1234), (4, 0, -1), (16, 4, -1), (32, 0, -1)]
    acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *each) for each in entries)
    try:
        os.setxattr(file, "user.team", b"shop")
        os.setxattr(file, "system.posix_acl_access", acl)
    except OSError as error:
        pytest.skip(f"this file system has none: {error}")
    mode = file.stat().st_mode
    write_whole(file, b"new")
    assert {name: os.getxattr(file, name) for name in os.listxattr(file)} == {
        "user.team": b"shop",
        "system.posix_acl_access": acl,
    }
    assert (file.read_bytes(), file.stat().st_mode) == (b"new", mode)
    os.setxattr(file.parent, "system.posix_acl_default", acl)
    os.removexattr(file, "system.posix_acl_access")
    write_whole(file, b"newer")
    assert os.listxattr(file) == ["user.team"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_the_owner_stays(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The owner and group of a file stay, and where they cannot, the file does."""
    os.chown(file, 1234, 5678)
    write_whole(file, b"new")
    assert (file.stat().st_uid, file.stat().st_gid) == (1234, 5678)

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr("os.fchown", refuse)
    with pytest.raises(ManifestError, match="its owner or access control list cannot be kept"):
        write_whole(file, b"newer")
    assert [each.read_bytes() for each in file.parent.iterdir()] == [b"new"]
