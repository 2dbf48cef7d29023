"""What a process that serves has no use for is not in its memory."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.server import free_port

# All that the master has loaded when it is about to fork the workers.
_SCRIPT = """
import sys
from sippulse_ws import entry, server
server.run_server = lambda *_: print(*sys.modules)
sys.argv[1:] = ["serve", "--port", sys.argv[1], "--workers", "1"]
entry.main()
"""
UNWANTED = (
    # what reads command lines and settings
    *("typer", "click", "rich", "pygments", "pydantic", "pydantic_core", "pydantic_settings"),
    *("sippulse_ws.cli", "sippulse_ws.config"),
    *("alembic", "mako", "httpx", "openpyxl", "zeep", "smtplib", "opentelemetry", "pyarrow"),
    # drivers, and what encrypts: where the settings ask for none
    *("pymysql", "MySQLdb", "cryptography"),
    *("sippulse_ws.jobs.work", "sippulse_ws.cutover", "sippulse_ws.mail", "sippulse_ws.sip"),
    *("sippulse_ws.ops.backup", "sippulse_ws.ops.doctor", "sippulse_ws.files"),
)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder: Path = tmp_path_factory.mktemp("loaded")
    plain = {name: one for name, one in os.environ.items() if not name.startswith("SIPPULSE_")}
    ended = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(free_port())],
        env=plain | {"SIPPULSE_DATABASE_URL": f"sqlite:///{folder}/none.db"},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return set(ended.stdout.split())


def test_only_what_serves_is_loaded(loaded: set[str]) -> None:
    assert "sippulse_ws.services.runner" in loaded
    assert {name for name in UNWANTED if name in loaded} == set()
