"""Rows that are read while they are written: what a failure in their middle leaves behind."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sippulse_ws.app import create_app
from sippulse_ws.config import Settings
from sippulse_ws.db import Database
from sippulse_ws.db.schema.migrate import upgrade
from sippulse_ws.db.statements import stream
from sippulse_ws.domain.domains import create_domain
from sippulse_ws.domain.rates import SELECT
from sippulse_ws.wire import spooled
from sippulse_ws.wire.spooled import Spooled
from tests.factories.platform import DOMAIN, Platform
from tests.soap import Soap

RATES = 1200  # more than are read and written at a time
FAULT = r"Internal server error \(request [0-9a-f]{16}\)"


class Broken(Exception):
    pass


@pytest.fixture(scope="module")
def platform(fresh_url: str) -> Iterator[tuple[Database, dict[str, str]]]:
    """A database with rates, and a principal."""
    made = Database(fresh_url, pool_size=1)
    upgrade(made)
    with made.writing() as db:
        platform = Platform(db)
        for number in range(RATES):
            platform.rate(f"55{number:04}")
    yield made, platform.principal
    made.close()


@pytest.fixture
def database(platform: tuple[Database, dict[str, str]]) -> Database:
    return platform[0]


@pytest.fixture
def soap(platform: tuple[Database, dict[str, str]]) -> Soap:
    database, principal = platform
    return Soap(create_app(Settings(language="en"), database), principal)


def test_rows_that_nobody_reads_to_the_end_block_no_connection(database: Database) -> None:
    def pieces(rows: Iterator[Any]) -> Iterator[bytes]:
        yield next(rows).prefix.encode()
        raise Broken

    def break_off() -> None:
        with database.reading() as db, closing(stream(db, SELECT)) as rows:
            Spooled(pieces(rows))

    for _ in range(3):
        with pytest.raises(Broken):
            break_off()
        with database.reading() as db:
            assert sum(1 for _ in stream(db, SELECT)) == RATES


def test_a_list_that_cannot_be_kept_is_a_fault_and_the_next_one_sees_what_came_since(
    soap: Soap, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(spooled, "IN_MEMORY", 1000)
        patch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
        told = soap.fault("RateWS", "listRatesByParams", domain=DOMAIN)
    assert re.fullmatch(FAULT, told)
    other = Database(database.url)
    with other.writing() as db:
        create_domain(db, "since.example.com")
    other.close()
    domains = [one.domain for one in soap("DomainWS", "listDomains")]
    assert "since.example.com" in domains
    assert len(soap("RateWS", "listRatesByParams", domain=DOMAIN)) == RATES
