"""Many rows in one text are stored as they are, whatever is in them."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import bindparam, insert
from sqlalchemy.exc import DBAPIError, IntegrityError

from sippulse_ws.cutover.old_database import OldDatabase
from sippulse_ws.db import Session
from sippulse_ws.db.connections.clock import CLOCK
from sippulse_ws.db.connections.deadlines import Deadline, DeadlinePassed
from sippulse_ws.db.statements import NumberTexts, Prepared, insert_texts
from sippulse_ws.db.statements.drivers import DRIVERS
from sippulse_ws.db.statements.insert_texts import PACKET
from sippulse_ws.models import Rate
from sippulse_ws.row_columns import RowColumns
from tests.factories.platform import DOMAIN, Platform

NAMES = ("domain", "rate_id", "prefix", "name", "rate_value", "service_type", "cadency")
ODD = [
    "plain",
    "it's",
    'say "x"',
    "back\\slash",
    "a\\'; DROP TABLE rate; --",
    "100 %",
    "%s %(name)s",
    "São Paulo 😀",
    "line\nend\r\ttab",
    "zero\x00byte",
    ")",
    "),('x'",
    "",
]


@pytest.fixture
def statement() -> Prepared:
    columns = Rate.__table__.columns
    return Prepared(
        insert(Rate).values({name: bindparam(name, type_=columns[name].type) for name in NAMES})
    )


def row(prefix: int, name: str, **values: Any) -> dict[str, Any]:
    given = {"rate_value": Decimal("0.000001"), "service_type": None, "cadency": None}
    return {"domain": DOMAIN, "rate_id": 1, "prefix": str(prefix), "name": name, **given, **values}


def test_odd_texts_numbers_and_nulls_come_back(
    db: Session, platform: Platform, statement: Prepared
) -> None:
    rows = [row(n, name, cadency=n - 3, service_type=name[:32]) for n, name in enumerate(ODD)]
    rows.append(row(99, "last", rate_value=Decimal("-123456789012.345678")))
    statement.run_many(db, rows)
    stored = {one.prefix: one for one in platform.rows(Rate)}
    for sent in rows:
        got = stored[sent["prefix"]]
        assert {name: getattr(got, name) for name in NAMES} == sent


def test_more_than_a_packet_holds_is_stored(
    db: Session, platform: Platform, statement: Prepared
) -> None:
    count = 2 * PACKET // 100
    statement.run_many(db, [row(n, "x" * 100) for n in range(count)])
    assert len(platform.rows(Rate)) == count


def test_a_taken_key_is_an_integrity_error(
    db: Session, platform: Platform, statement: Prepared
) -> None:
    with pytest.raises(IntegrityError), db.savepoint():
        statement.run_many(db, [row(1, "a"), row(1, "b")])
    assert platform.rows(Rate) == []


@pytest.mark.usefixtures("platform")
def test_the_clock_runs_while_rows_are_sent(db: Session, statement: Prepared) -> None:
    CLOCK.seconds = 0.0
    statement.run_many(db, [row(1, "a"), row(2, "b")])
    assert CLOCK.seconds > 0


@pytest.mark.engines("mariadb")
@pytest.mark.usefixtures("platform")
def test_a_deadline_is_looked_at_before_each_text(
    db: Session, statement: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = DRIVERS[db.dialect.driver]
    send, sent = driver.send, list[int]()
    monkeypatch.setattr(insert_texts, "PACKET", 100)

    with Deadline(600) as deadline:

        def last_one(*arguments: Any) -> None:
            send(*arguments)
            sent.append(len(arguments[1]))
            deadline.end = 0.0

        monkeypatch.setattr(driver, "send", last_one)
        with pytest.raises(DeadlinePassed):
            statement.run_many(db, [row(n, "x" * 100) for n in range(3)])
    assert sent == [1]


@pytest.mark.parametrize("count", [3, 2 * PACKET // 100])
def test_rows_in_columns_are_stored_all_or_none(
    db: Session, platform: Platform, statement: Prepared, count: int
) -> None:
    statement.run_many(db, [row(1, "before")])
    rows = [row(n, "x" * 100) for n in range(2, count)]
    with pytest.raises(IntegrityError):
        statement.run_columns(db, RowColumns.of_rows([*rows, row(1, "again")]).columns)
    assert [one.name for one in platform.rows(Rate)] == ["before"]
    statement.run_columns(db, RowColumns.of_rows(rows).columns)
    assert len(platform.rows(Rate)) == count - 1


def test_numbers_as_texts_are_stored_exactly(
    db: Session, platform: Platform, statement: Prepared
) -> None:
    texts = ["0.0", "0.000001", "999999999.999999", "12.5"]
    columns = RowColumns.of_rows([row(n, "a") for n in range(len(texts))]).columns
    statement.run_columns(db, {**columns, "rate_value": NumberTexts(texts)})
    stored = {one.prefix: one.rate_value for one in platform.rows(Rate)}
    assert stored == {str(n): Decimal(text) for n, text in enumerate(texts)}


@pytest.mark.engines("mariadb")
@pytest.mark.usefixtures("platform")
def test_no_file_of_this_machine_is_sent_to_the_server(db: Session, tmp_path: Path) -> None:
    """Not to a server that asks for it, either: there it is the driver that says no."""
    file = tmp_path / "names"
    file.write_text("secret.example.com\n")
    with pytest.raises(DBAPIError), db.savepoint():
        db.exec_driver_sql(f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE domain (domain)")
    assert db.scalar(sa.text("SELECT COUNT(*) FROM domain WHERE domain LIKE 'secret%'")) == 0


@pytest.mark.engines("mariadb")
@pytest.mark.usefixtures("platform")
def test_nor_to_the_old_database_of_a_migration(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "names"
    file.write_text("secret.example.com\n")
    old = OldDatabase(database_url)
    with old._engine.connect() as db, pytest.raises(DBAPIError):
        db.exec_driver_sql(f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE domain (domain)")


@pytest.mark.parametrize("values", [{"colour": "red"}, {"name": ...}])
def test_unknown_and_absent_names_are_errors(
    db: Session, platform: Platform, statement: Prepared, values: dict[str, Any]
) -> None:
    wrong = {name: one for name, one in (row(1, "a") | values).items() if one is not ...}
    with pytest.raises(Exception, match=next(iter(values))):
        statement.run_many(db, [wrong])
    assert platform.rows(Rate) == []
