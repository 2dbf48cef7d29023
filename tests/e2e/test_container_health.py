"""The container's HEALTHCHECK, run as Docker runs it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.server import Server, free_port

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.engines("sqlite")


def health(port: int) -> subprocess.CompletedProcess[str]:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    found = re.search(r"^HEALTHCHECK .*?CMD \\\n\s*(\[.*?\])$", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    program, *arguments = json.loads(found[1])
    assert program == "python"
    assert "8080/readyz" in arguments[-1]
    command = [sys.executable, *arguments[:-1], arguments[-1].replace("8080", str(port))]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_server_that_is_ready_is_healthy(server: Server) -> None:
    assert health(server.port).returncode == 0


def test_a_port_where_nobody_answers_is_not() -> None:
    assert health(free_port()).returncode != 0


def test_a_server_without_its_schema_is_not(tmp_path: Path) -> None:
    """It serves, so that an upgrade beside it is noticed, and says what to do."""
    server = Server(f"sqlite:///{tmp_path}/empty.db", tmp_path / "log")
    try:
        assert server.get("/healthz").ok
        assert health(server.port).returncode != 0
    finally:
        server.stop()
