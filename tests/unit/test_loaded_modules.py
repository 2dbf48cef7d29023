"""What a process that serves has no use for is not in its memory."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

# All that the master has loaded when it forks the workers.
_SCRIPT = """
import sys
from sippulse_ws.cli import serve
from sippulse_ws.app import application
application()
print(*sys.modules)
"""
UNWANTED = (
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
        [sys.executable, "-c", _SCRIPT],
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
