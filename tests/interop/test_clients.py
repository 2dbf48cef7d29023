"""Clients that nobody here wrote, over HTTP against a real server, on each engine."""

import pytest

from tests.interop import clients
from tests.interop.scenario import Served, check_seen, check_stored, play

pytestmark = pytest.mark.interop


@pytest.fixture(scope="session", params=["java", "php", "node", "zeep"])
def client(request: pytest.FixtureRequest) -> str:
    """Name of a client."""
    return str(request.param)


@pytest.fixture(scope="session")
def command(client: str) -> list[str]:
    """The command that runs it."""
    make = getattr(clients, client)
    made: list[str] = make()
    return made


def test_client_provisions_and_reads_back(client: str, command: list[str], served: Served) -> None:
    username = {"java": "4001", "php": "4002", "node": "4003", "zeep": "4004"}[client]
    seen = play(command, served, username)
    check_seen(dict(seen), served, username)
    check_stored(seen, served, username)
