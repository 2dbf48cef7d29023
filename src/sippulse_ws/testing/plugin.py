"""The pytest plugin of `pip install sippulse-ws[testing]`: the fixture `sippulse`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # the server is imported when a test uses it
    from sippulse_ws.testing.server import Server, SippulseServer


@pytest.fixture(scope="session")
def sippulse_server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A database with the newest schema, from which each test's server gets a copy."""
    from sippulse_ws.db import Database  # noqa: PLC0415
    from sippulse_ws.db.schema.migrate import upgrade  # noqa: PLC0415
    from sippulse_ws.testing.server import Server  # noqa: PLC0415

    template = tmp_path_factory.mktemp("sippulse") / "template.db"
    database = Database(f"sqlite:///{template}")
    upgrade(database)
    with database.writing() as db:
        db.exec_driver_sql("SELECT 1")
    database.close()
    _one_file(template)
    return Server(template)


@pytest.fixture
def sippulse(sippulse_server: Server, tmp_path: Path) -> Iterator[SippulseServer]:
    """A server of this test's own: its address, builders, and access to stored rows."""
    server = sippulse_server.start(tmp_path)
    yield server
    server.stop()


def _one_file(path: Path) -> None:
    """Move everything into the database's main file, so that it can be copied."""
    import sqlite3  # noqa: PLC0415

    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
