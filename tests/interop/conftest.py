"""A server of each engine, provisioned and started as an operator does it."""

import os
import re
import secrets
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.fixtures.database import ENGINES
from tests.fixtures.server import PROGRAM, Server
from tests.interop.scenario import Served


class ByEngine(LoadScopeScheduling):  # type: ignore[misc]
    """One test process has the server of an engine; what has its own goes to whoever is free."""

    def _split_scope(self, nodeid: str) -> str:
        found = re.search(rf"\[({'|'.join(ENGINES)})\b", nodeid)
        return found[1] if found else nodeid


@pytest.hookimpl(trylast=True)  # after the tests were shuffled
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest test begins first, or the others would wait for it at the end."""
    items.sort(key=lambda item: item.path.name != "test_shadow.py")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByEngine:
    return ByEngine(config, log)


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
