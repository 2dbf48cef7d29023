"""Which schema there is, and which one this version needs; without Alembic, which is large."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, column, select, table
from sqlalchemy.exc import DBAPIError

from sippulse_ws.db.connections.failures import is_without_schema
from sippulse_ws.db.statements.session import Session

NEWEST = "0019"  # a test compares it with migrations/versions

# A setting of the database: its schema, and since which one columns and tables were only added.
SERVES = "schema_serves"
_serves: Select[Any] = (
    select(column("value")).select_from(table("stored_setting")).where(column("name") == SERVES)
)
_revision: Select[Any] = select(column("version_num")).select_from(table("alembic_version"))


def schema_trouble(revision: str | None, serves: str | None = None) -> str | None:
    """What is wrong with the schema for this program and what to do, in one sentence; or None.

    `serves`: the oldest schema whose programs serve on this one too.
    """
    if revision == NEWEST or (serves and serves <= NEWEST < (revision or "")):
        return None
    if revision is None:
        return "the database has no schema, run: sippulse-ws db upgrade"
    if revision > NEWEST:
        return (
            f"the schema is at {revision}, newer than this program, which knows {NEWEST}: install "
            f"the newer program again, or run its `sippulse-ws db downgrade {NEWEST}` first"
        )
    return f"the schema is at {revision}, run: sippulse-ws db upgrade"


def find_trouble(db: Session) -> str | None:
    """The same of this database."""
    revision = current_revision(db)
    if revision is None or revision <= NEWEST:
        return schema_trouble(revision)
    told, _, serves = str(db.execute(_serves).scalar()).partition(" ")
    return schema_trouble(revision, serves if told == revision else None)


def current_revision(db: Session) -> str | None:
    """None when there is no schema yet."""
    try:
        found: str | None = db.execute(_revision).scalar()
    except DBAPIError as error:
        if not is_without_schema(error):
            raise
        return None
    return found
