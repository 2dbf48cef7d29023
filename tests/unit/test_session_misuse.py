"""What a session refuses, and what it does not lose, however it is called."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, ResourceClosedError

import sippulse_ws
from sippulse_ws.db import Database, Session
from sippulse_ws.db.statements import Prepared
from sippulse_ws.models import Domain

INSERT = Prepared(sa.insert(Domain).values(domain=sa.bindparam("domain")))
FIND = Prepared(sa.select(Domain.id).where(Domain.domain == sa.bindparam("domain")))


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    database = Database(migrated_url)
    yield database
    with database.writing() as db:
        db.execute(sa.delete(Domain).where(Domain.domain.like("%.misuse.example.com")))
    database.close()


def stored(database: Database) -> list[str]:
    ours = sa.select(Domain.domain).where(Domain.domain.like("%.misuse.example.com"))
    with database.reading() as db:
        return sorted(one.removesuffix(".misuse.example.com") for (one,) in db.execute(ours))


def name(label: str) -> str:
    return f"{label}.misuse.example.com"


def test_a_wrong_name_loses_nothing_that_was_queued_before(database: Database) -> None:
    with database.writing() as db:
        INSERT.queue(db, domain=name("a"))
        with pytest.raises(ArgumentError):
            FIND.first(db, domian="b")
    assert stored(database) == ["a"]


def test_a_wrong_name_is_told_where_it_is_queued(database: Database) -> None:
    with database.writing() as db:
        INSERT.queue(db, domain=name("a"))
        with pytest.raises(ArgumentError, match="unknown parameters domian; no value for domain"):
            INSERT.queue(db, domian=name("b"))
        INSERT.queue(db, domain=name("c"))
    assert stored(database) == ["a", "c"]


@pytest.mark.engines("mariadb")
def test_a_value_that_cannot_be_written_loses_nothing_that_was_queued_before(
    database: Database,
) -> None:
    with database.writing() as db:
        INSERT.queue(db, domain=name("a"))
        with pytest.raises(ValueError, match="cannot be stored"):
            INSERT.queue(db, domain=float("nan"))
    assert stored(database) == ["a"]


def test_what_was_queued_before_a_savepoint_is_ended_belongs_to_it(database: Database) -> None:
    with database.writing() as db:
        with db.savepoint() as part:
            INSERT.queue(db, domain=name("a"))
            part.rollback()
            assert FIND.first(db, domain=name("a")) is None
        with db.savepoint() as part:
            INSERT.queue(db, domain=name("b"))
            part.commit()
    assert stored(database) == ["b"]


def test_what_was_queued_after_a_savepoint_was_ended_stays(database: Database) -> None:
    with database.writing() as db:
        with db.savepoint() as part:
            part.rollback()
            INSERT.queue(db, domain=name("a"))
        with suppress(KeyError), db.savepoint() as part:
            part.commit()
            INSERT.queue(db, domain=name("b"))
            raise KeyError
    assert stored(database) == ["a", "b"]


def test_nested_savepoints_keep_the_order_of_the_calls(database: Database) -> None:
    with database.writing() as db:
        INSERT.queue(db, domain=name("a"))
        with db.savepoint():
            INSERT.queue(db, domain=name("b"))
            with suppress(KeyError), db.savepoint():
                INSERT.queue(db, domain=name("c"))
                raise KeyError
            INSERT.queue(db, domain=name("d"))
    assert stored(database) == ["a", "b", "d"]


USES: dict[str, Callable[[Session], Any]] = {
    "execute": lambda db: db.execute(sa.select(Domain.id)),
    "scalar": lambda db: db.scalar(sa.select(Domain.id)),
    "text": lambda db: db.exec_driver_sql("SELECT 1"),
    "first": lambda db: FIND.first(db, domain=name("a")),
    "insert": lambda db: INSERT.insert(db, domain=name("a")),
    "queue": lambda db: INSERT.queue(db, domain=name("a")),
    "run_many": lambda db: INSERT.run_many(db, [{"domain": name("a")}]),
    "run_columns": lambda db: INSERT.run_columns(db, {"domain": [name("a")]}),
    "savepoint": lambda db: db.savepoint().__enter__(),
    "rollback": lambda db: db.rollback(),
    "connection": lambda db: db.connection.closed,
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("kind", ["reading", "writing"])
def test_a_session_that_has_ended_is_not_used(database: Database, kind: str, use: str) -> None:
    with getattr(database, kind)() as db:
        FIND.first(db, domain=name("a"))
    with pytest.raises(ResourceClosedError, match="this session has ended"):
        USES[use](db)
    assert stored(database) == []


def test_a_session_that_was_rolled_back_has_ended(database: Database) -> None:
    with suppress(KeyError), database.writing() as db:
        INSERT.queue(db, domain=name("a"))
        raise KeyError
    with pytest.raises(ResourceClosedError):
        INSERT.queue(db, domain=name("a"))
    assert stored(database) == []


WRONG_ROWS = [
    [{"domain": name("a")}, {"domain": name("b"), "domian": "x"}],
    [{"domain": name("a")}, {"domain": name("b"), "id": 987654}],  # SQLAlchemy drops the id
    [{"domain": name("a"), "id": 987654}, {"domain": name("b")}],
]


@pytest.mark.parametrize("rows", WRONG_ROWS)
def test_rows_for_one_statement_have_the_same_names(
    database: Database, rows: list[dict[str, Any]]
) -> None:
    with database.writing() as db, pytest.raises(ArgumentError):
        db.execute(sa.insert(Domain), rows)
    assert stored(database) == []


def test_text_as_it_is_takes_no_names(database: Database) -> None:
    """SQLite would ignore those that it does not know."""
    with database.writing() as db:
        for parameters in ({"a": 1, "b": 2}, [{"a": 1, "b": 2}]):
            with pytest.raises(ArgumentError, match="named parameters"):
                db.exec_driver_sql("SELECT :a", parameters)


def test_columns_are_equally_long(database: Database) -> None:
    insert = Prepared(
        sa.insert(Domain).values(id=sa.bindparam("id"), domain=sa.bindparam("domain"))
    )
    columns: dict[str, list[Any]] = {"id": [987654, 987655], "domain": [name("a")]}
    with database.writing() as db, pytest.raises(ValueError, match="equally long"):
        insert.run_columns(db, columns)
    assert stored(database) == []


def test_sqlalchemys_connection_stays_in_the_room_of_the_database() -> None:
    package = Path(sippulse_ws.__file__).parent
    others = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search(r"\b(db|session)\.connection\b", path.read_text(encoding="utf-8"))
    ]
    assert [one for one in others if not one.startswith("db/schema/")] == []
