"""Migrations: what a database holds survives them, and they make what the models say."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from sippulse_ws.db import Database, Session
from sippulse_ws.db.schema.migrate import configuration, differences, downgrade, upgrade
from sippulse_ws.db.schema.revisions import NEWEST, current_revision

FIRST = "0001"
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def filled(empty_database_url: str) -> Iterator[Database]:
    """A database of the first migration with two rows in each table."""
    database = Database(empty_database_url)
    upgrade(database, FIRST)
    with database.writing() as db:
        for table in tables(db).sorted_tables:
            for number in (1, 2):
                db.execute(table.insert().values(made_up(table, number)))
    yield database
    database.close()


def tables(db: Session) -> sa.MetaData:
    found = sa.MetaData()
    found.reflect(db.connection, only=lambda name, _: name != "alembic_version")
    return found


def made_up(table: sa.Table, number: int) -> dict[str, Any]:
    """A row in which all texts and all numbers are alike, so that every reference finds its row."""
    values: dict[type, Any] = {
        str: "xy"[number - 1],
        int: number,
        bool: True,
        float: number + 0.25,
        Decimal: Decimal(number),
        dt.datetime: dt.datetime(2026, 1, number, 12, 30),  # noqa: DTZ001 - as stored
    }
    return {column.name: values[column.type.python_type] for column in table.columns}


def contents(db: Session, names: Rows | None = None) -> Rows:
    """All rows; with `names`, of those tables and columns only."""
    found: Rows = {}
    for table in tables(db).sorted_tables:
        if names is None or table.name in names:
            wanted = [c for c in table.columns if names is None or c.name in names[table.name][0]]
            rows = db.execute(sa.select(*wanted).order_by(*table.primary_key.columns)).mappings()
            found[table.name] = [dict(row) for row in rows]
    return found


def test_a_filled_database_keeps_its_rows_upwards_and_down_again(filled: Database) -> None:
    with filled.reading() as db:
        before = contents(db)
    assert before["subscriber"][1]["domain"] == "y"
    assert all(len(rows) == 2 for rows in before.values())

    upgrade(filled)
    with filled.reading() as db:
        assert current_revision(db) == NEWEST
        assert contents(db, before) == before

    downgrade(filled, FIRST)
    with filled.reading() as db:
        assert current_revision(db) == FIRST
        assert contents(db) == before


def test_the_newest_revision_is_the_last_migration() -> None:
    assert ScriptDirectory.from_config(configuration()).get_current_head() == NEWEST


def test_a_database_without_schema_has_no_revision(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    with database.reading() as db:
        assert current_revision(db) is None
    database.close()


def test_migrations_make_what_the_models_say(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    upgrade(database)
    with database.reading() as db:
        assert differences(db.connection) == []
    database.close()


def test_downgrade_to_nothing_and_up_again(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    upgrade(database)
    downgrade(database, "base")
    with database.reading() as db:
        inspector = sa.inspect(db.connection)
        assert inspector.get_table_names() == ["alembic_version"]
        assert inspector.get_view_names() == []
    upgrade(database)
    with database.reading() as db:
        assert current_revision(db) == NEWEST
    database.close()


# Ids that clients are given, or that rows refer to without a foreign key.
GIVEN_ONCE = (
    "account_group address administrator audit cdr credit_ledger db_alias dialplan did domain "
    "hunt_group profile rate rate_plan reseller subscriber user_white_list"
).split()


@pytest.mark.engines("sqlite")
def test_sqlite_gives_an_id_once(filled: Database) -> None:
    upgrade(filled)
    with filled.writing() as db:
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
        statements = dict(db.exec_driver_sql(query).tuples().all())
        assert [name for name in GIVEN_ONCE if "AUTOINCREMENT" not in statements[name]] == []
        assert db.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        insert = (
            "INSERT INTO hunt_group (domain, description, method, timeout, uri) "
            "VALUES ('x', '', '', 1, '') RETURNING id"
        )
        first: Any = db.exec_driver_sql(insert).scalar()
        db.exec_driver_sql("DELETE FROM hunt_group WHERE id > 0")
        assert db.exec_driver_sql(insert).scalar() == first + 1
