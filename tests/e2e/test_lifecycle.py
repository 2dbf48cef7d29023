"""What a server says of itself, all of it on stderr in the format asked for."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.server import Server

pytestmark = pytest.mark.engines("sqlite")
PATIENCE = 60  # seconds


def events(log: Path) -> list[dict[str, Any]]:
    """Every line, each of which must be JSON; but for the one for people at the start."""
    lines = log.read_text().splitlines()
    return [json.loads(line) for line in lines if not line.startswith("sippulse-ws: http")]


def wait_for(log: Path, event: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for one in events(log):
            if one["event"] == event:
                return one
        time.sleep(0.1)
    pytest.fail(f"no line {event!r} in:\n{log.read_text()}")


def test_a_server_tells_its_start_its_losses_and_its_end(
    installed_url: str, tmp_path: Path
) -> None:
    server = Server(installed_url, tmp_path / "log")
    try:
        start = wait_for(server.log, "start")
        assert start["address"].endswith(f":{server.port}")
        assert start["workers"] == 2
        assert wait_for(server.log, "ready")["level"] == "info"
        server.post("DomainWS", "listDomains", "")
        line = wait_for(server.log, "operation")
        assert (line["operation"], line["outcome"]) == ("listDomains", "done")
        os.kill(server.workers()[0], signal.SIGKILL)
        assert wait_for(server.log, "worker replaced")["level"] == "warning"
    finally:
        server.stop()
    assert [one["event"] for one in events(server.log)].count("ready") == 1
    assert events(server.log)[-1]["event"] == "stop"
