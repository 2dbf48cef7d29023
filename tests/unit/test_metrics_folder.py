"""Folders of servers that were killed are removed by the next one; those of others stay."""

import errno
import fcntl
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from sippulse_ws.observability.metrics_folder import metrics_folder, remove_abandoned

PREFIX = "sippulse-ws-metrics-"
# Its child goes on when it is killed, as the workers of a server do.
SERVER = """
import os, time
from sippulse_ws.observability.metrics_folder import metrics_folder
with metrics_folder() as folder:
    child = os.fork()
    if child:
        print(folder, child, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def age(folder: Path) -> None:
    os.utime(folder, (0, 0))


def make(parent: Path, name: str, *files: str) -> Path:
    folder = parent / f"{PREFIX}{name}"
    folder.mkdir()
    for file in files:
        (folder / file).write_bytes(b"")
    age(folder)
    return folder


def test_the_folder_is_there_while_it_is_used(temporary: Path) -> None:
    with metrics_folder() as name:
        folder = Path(name)
        age(folder)
        remove_abandoned()
        assert folder.is_dir()
        assert folder.parent == temporary
    assert not folder.exists()


def test_a_killed_server_s_folder_goes_with_its_last_process(temporary: Path) -> None:
    environment = os.environ | {"TMPDIR": str(temporary)}
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True, env=environment
    ) as server:
        assert server.stdout is not None
        name, child = server.stdout.readline().split()
        server.kill()
        server.wait()
        age(Path(name))
        remove_abandoned()
        assert Path(name).is_dir()
        os.kill(int(child), 9)
        server.stdout.read()  # ends with the child
    with metrics_folder():
        assert not Path(name).exists()


def test_where_nothing_can_be_locked_it_is_used_all_the_same(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with metrics_folder() as name:
        assert Path(name).is_dir()
    assert "No locks available" in caplog.text
    assert not Path(name).exists()


def test_what_earlier_versions_left_goes_when_none_of_its_processes_is_left(
    temporary: Path,
) -> None:
    nobody = int(Path("/proc/sys/kernel/pid_max").read_text()) + 1
    left = make(temporary, "left", f"counter_{nobody}.db", f"gauge_livesum_{nobody}.db")
    used = make(temporary, "used", f"counter_{nobody}.db", f"histogram_{os.getpid()}.db")
    remove_abandoned()
    assert not left.exists()
    assert used.is_dir()


def test_what_is_new_or_no_folder_of_ours_stays(temporary: Path) -> None:
    new, other = temporary / f"{PREFIX}new", temporary / "other"
    new.mkdir()
    other.mkdir()
    age(other)
    (temporary / f"{PREFIX}link").symlink_to(other)
    (temporary / f"{PREFIX}file").write_bytes(b"")
    remove_abandoned()
    assert len(list(temporary.iterdir())) == 4
