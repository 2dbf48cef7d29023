"""The systemd unit is accepted, and shut off from what it does not need."""

import re
import subprocess
from pathlib import Path

import pytest

from sippulse_ws.config import Settings
from sippulse_ws.serving.worker import DRAIN_SECONDS, GRACE_SECONDS

UNIT = Path(__file__).parents[2] / "deploy" / "systemd" / "sippulse-ws.service"

pytestmark = pytest.mark.deploy


def test_its_exposure_is_below_three() -> None:
    run = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=30", str(UNIT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr
    exposure = re.search(r"Overall exposure level for \S+: (\d\.\d)", run.stdout)
    assert exposure is not None
    assert float(exposure[1]) < 3.0


def test_it_never_gives_up() -> None:
    text = UNIT.read_text("utf-8")
    assert "\nStartLimitIntervalSec=0\n" in text
    assert "\nRestart=always\n" in text
    assert "Requires=" not in text
    seconds = re.search(r"^RestartSec=(\d+)$", text, re.MULTILINE)
    assert seconds is not None
    assert int(seconds[1]) <= 5


def test_systemd_can_read_it(tmp_path: Path) -> None:
    """Verified with a program in the place of ours, which is not installed here."""
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text("utf-8").replace("/usr/bin/sippulse-ws", "/bin/true"))
    run = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    said = [line for line in run.stderr.splitlines() if unit.name in line]
    assert [line for line in said if "man" not in line.lower()] == []


def test_it_waits_longer_than_the_server_itself_waits_for_answers() -> None:
    """Else systemd kills what would have been answered, and stored, in order."""
    told = re.search(r"^TimeoutStopSec=(\d+)$", UNIT.read_text("utf-8"), re.MULTILINE)
    assert told is not None
    longest = Settings().operation_seconds + GRACE_SECONDS + DRAIN_SECONDS + 1
    assert int(told[1]) > longest
