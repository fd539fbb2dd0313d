"""Atomic writes by `write_whole`."""

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from portmap import ManifestError
from portmap._manifests.atomic_write import write_whole

OLD, NEW = b"old\n" * 1000, b"new\n" * 2000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "web.yaml"
    path.write_bytes(OLD)
    return path


def test_the_new_content_takes_the_place_of_the_old(file: Path) -> None:
    """The new content replaces the old one, and no other file is left in the folder."""
    write_whole(file, NEW)
    assert file.read_bytes() == NEW
    assert list(file.parent.iterdir()) == [file]


def test_permissions_stay(file: Path) -> None:
    """An existing file keeps its permissions."""
    file.chmod(0o640)
    write_whole(file, NEW)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    """A new file has the permissions that the umask allows."""
    write_whole(tmp_path / "one", NEW)
    (tmp_path / "other").write_bytes(NEW)
    assert (tmp_path / "one").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_link_stays_a_link(file: Path) -> None:
    """The target of a link is written."""
    link = file.with_name("link.yaml")
    link.symlink_to(file.name)
    write_whole(link, NEW)
    assert link.is_symlink()
    assert file.read_bytes() == NEW


def test_a_link_to_nothing_makes_its_target(tmp_path: Path) -> None:
    """The missing target of a link is created."""
    link = tmp_path / "link.yaml"
    link.symlink_to("target.yaml")
    write_whole(link, NEW)
    assert (tmp_path / "target.yaml").read_bytes() == NEW


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """A folder is refused."""
    with pytest.raises(ManifestError, match=os.strerror(errno.EISDIR)):
        write_whole(tmp_path, NEW)


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    """Missing folders are not created."""
    with pytest.raises(ManifestError, match=os.strerror(errno.ENOENT)):
        write_whole(tmp_path / "no" / "web.yaml", NEW)


def test_a_full_device_is_an_error() -> None:
    """A device is written in place; an error is raised if it is full."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(ManifestError, match=os.strerror(errno.ENOSPC)):
        write_whole("/dev/full", NEW)


def test_a_file_that_cannot_grow_stays_as_it_was(file: Path) -> None:
    """If the disk is full, the file has its old content, and no other file is left."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(NEW) // 2, hard))
    try:
        with pytest.raises(ManifestError, match=os.strerror(errno.EFBIG)):
            write_whole(file, NEW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert file.read_bytes() == OLD
    assert list(file.parent.iterdir()) == [file]


WRITER = """
import sys
from portmap._manifests.atomic_write import write_whole
contents = [bytes([65 + n]) * 100_000 for n in range(26)]
print("begun", flush=True)
while True:
    for each in contents:
        write_whole(sys.argv[1], each)
"""


def test_a_killed_process_leaves_one_content_or_the_other(tmp_path: Path) -> None:
    """If the process is killed at any moment, the file is whole."""
    file = tmp_path / "web.yaml"
    file.write_bytes(b"Z" * 100_000)
    for kill in range(20):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(kill * 0.0007)
            writer.kill()
        data = file.read_bytes()
        assert len(data) == 100_000
        assert len(set(data)) == 1
