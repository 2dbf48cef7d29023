"""`serve` as a program: what a child reads, this process does or ends with."""

import os
import signal
import subprocess
import sys

from tests.fixtures.server import free_port

SECONDS = 120
_INTERRUPTED = """
import os, signal, sys
from sippulse_ws import entry
entry.import_module = lambda name: os.kill(os.getpid(), signal.SIGINT)
entry.main()
"""


def ended(*command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        env=os.environ | {"SIPPULSE_DATABASE_URL": "sqlite:////nowhere/x.db"} | settings,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_help_and_mistakes_are_those_of_the_command_line() -> None:
    program = ("-m", "sippulse_ws", "serve")
    shown = ended(*program, "--help")
    assert shown.returncode == 0
    assert "--workers" in shown.stdout
    mistaken = ended(*program, "--port", "many")
    assert mistaken.returncode == 2
    assert "--port" in mistaken.stderr
    refused = ended(*program, "--port", str(free_port()), SIPPULSE_POOL_SIZE="0")
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "SIPPULSE_POOL_SIZE" in refused.stderr


def test_an_interrupt_before_the_server_is_there_ends_both_processes() -> None:
    done = ended("-c", _INTERRUPTED, "serve", "--port", str(free_port()))
    assert done.returncode == 128 + signal.SIGINT
    assert "Traceback" not in done.stderr
