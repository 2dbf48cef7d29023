"""A server of each engine, started and provisioned as an operator does it."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.scenario import Served

PROGRAM = Path(sys.executable).with_name("sippulse-ws")
START_SECONDS = 30


@pytest.fixture(scope="session")
def served(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    environment = os.environ | {"SIPPULSE_DATABASE_URL": database_url}
    login, domain, password = "interop", "interop.example.com", secrets.token_hex(8)

    def command(*arguments: str, text: str = "") -> None:
        subprocess.run([PROGRAM, *arguments], env=environment, input=text, text=True, check=True)

    command("db", "upgrade")
    command("domain", "create", domain)
    command("domain", "create", "foreign.example.com")
    command("profile", "create", domain, "interop")
    command("admin", "create", login, "--password-stdin", "--domain", domain, text=password)
    port = _free_port()
    log = tmp_path_factory.mktemp("interop") / "serve.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [PROGRAM, "serve", "--port", str(port)], env=environment, stdout=output, stderr=output
        )
    try:
        _wait(server, port, log)
        yield Served(f"http://127.0.0.1:{port}/SipPulse/", database_url, domain, login, password)
    finally:
        server.terminate()
        server.wait()


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{log.read_text()}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
