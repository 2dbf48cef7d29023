"""`.ci/run`: both lanes begin, count, and end when it is told to."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# In place of make: notes its process, and does as the test says.
MAKE = """#!/bin/sh
echo $$ >> "$STARTED/$1"
case "$1" in
"$FAILS") exit 3 ;;
"$LASTS" | "$LASTS_TOO") exec sleep 600 ;;
esac
"""


class Lanes:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started = folder / "started"
        self._started.mkdir()
        make = folder / "make"
        make.write_text(MAKE)
        make.chmod(0o755)

    def run(self, *lasting: str, fails: str = "nothing") -> subprocess.Popen[bytes]:
        lasts, too = lasting or ("nothing", "nothing")
        ours = {"STARTED": str(self._started), "FAILS": fails, "LASTS": lasts, "LASTS_TOO": too}
        path = f"{self._folder}:{os.environ['PATH']}"
        with (self._folder / "output").open("wb") as output:
            return subprocess.Popen(
                [ROOT / ".ci" / "run"],
                env=os.environ | ours | {"PATH": path},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def started(self, target: str) -> list[int]:
        file = self._started / target
        return [int(one) for one in file.read_text().split()] if file.exists() else []


@pytest.fixture
def lanes(tmp_path: Path) -> Lanes:
    return Lanes(tmp_path)


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("fails", "status"), [("nothing", 0), ("test", 3), ("test-web", 3), ("lint", 3), ("venv", 3)]
)
def test_one_that_fails_fails_all(lanes: Lanes, fails: str, status: int) -> None:
    with lanes.run(fails=fails) as run:
        assert run.wait(120) == status
    tried = {"nothing": 1, "test": 2}.get(fails, 0 if fails == "venv" else 1)
    assert len(lanes.started("test")) == tried


@pytest.mark.parametrize(("how", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_told_to_stop_it_ends_both(lanes: Lanes, how: signal.Signals, status: int) -> None:
    with lanes.run("test", "test-sip") as run:
        until(lambda: bool(lanes.started("test") and lanes.started("test-sip")))
        run.send_signal(how)
        assert run.wait(120) == status
    pids = lanes.started("test") + lanes.started("test-sip")
    until(lambda: not any(map(is_alive, pids)))
    assert not lanes.started("test-web")
