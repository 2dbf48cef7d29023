"""An old server, a new one, and what runs between them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sippulse_ws.testing.server import Server, SippulseServer
from tests.cutover.standin import Caller, Shadow, share_administrator


@pytest.fixture
def old(sippulse_server: Server, tmp_path: Path) -> Iterator[SippulseServer]:
    server = sippulse_server.start(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def new(sippulse_server: Server, tmp_path: Path, old: SippulseServer) -> Iterator[SippulseServer]:
    server = sippulse_server.start(tmp_path)
    share_administrator(old, server)
    yield server
    server.stop()


@pytest.fixture
def shadowed(
    old: SippulseServer, new: SippulseServer, tmp_path: Path
) -> Iterator[Callable[..., Shadow]]:
    """Start a shadow between them, or between other addresses."""
    running: list[Shadow] = []

    def start(*options: str, old_url: str = old.url, new_url: str = new.url) -> Shadow:
        running.append(Shadow(old_url, new_url, tmp_path / "record", *options))
        return running[-1]

    yield start
    for one in running:
        one.kill()


@pytest.fixture
def calling(old: SippulseServer) -> Callable[[Shadow], Caller]:
    """A client of a shadow, with the superuser's password."""
    return lambda shadow: Caller(shadow.url, old.principal)
