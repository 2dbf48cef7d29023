"""A server of each engine, provisioned and started as an operator does it."""

import os
import secrets
import subprocess
from collections.abc import Iterator

import pytest

from tests.fixtures.server import PROGRAM, Server
from tests.interop.scenario import Served


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
    server = Server(database_url, tmp_path_factory.mktemp("interop") / "serve.log")
    yield Served(f"{server.base}/SipPulse/", database_url, domain, login, password)
    server.stop()
