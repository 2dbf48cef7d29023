"""Clients that nobody here wrote, over HTTP against a real server, on each engine."""

import pytest

from tests.interop import clients
from tests.interop.scenario import Served, check_seen, check_stored, play

pytestmark = pytest.mark.interop


@pytest.mark.parametrize(
    ("client", "username"),
    [("java", "4001"), ("php", "4002"), ("node", "4003"), ("zeep", "4004")],
)
def test_client_provisions_and_reads_back(client: str, username: str, served: Served) -> None:
    seen = play(clients.command(client), served, username)
    check_seen(dict(seen), served, username)
    check_stored(seen, served, username)
