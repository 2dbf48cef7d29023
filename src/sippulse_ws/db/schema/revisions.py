"""The revision of a database's schema, and the one needed; without Alembic, which is large."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, column, select, table
from sqlalchemy.exc import DBAPIError

from sippulse_ws.db.connections.failures import is_without_schema
from sippulse_ws.db.statements.session import Session
from sippulse_ws.wording import Wording

NEWEST = "0022"  # a test compares it with migrations/versions

RESTORING = "restoring"  # in alembic_version instead of a revision, while a backup is restored

# A stored setting: the schema's revision, and the oldest one whose programs can serve on it.
SERVES = "schema_serves"
_serves: Select[Any] = (
    select(column("value")).select_from(table("stored_setting")).where(column("name") == SERVES)
)
_revision: Select[Any] = select(column("version_num")).select_from(table("alembic_version"))


NO_SCHEMA = Wording(
    "o banco não tem esquema, rode: sippulse-ws db upgrade",
    "the database has no schema, run: sippulse-ws db upgrade",
)
_OLDER = Wording(
    "o esquema está em {revision}, rode: sippulse-ws db upgrade",
    "the schema is at {revision}, run: sippulse-ws db upgrade",
)
_NEWER = Wording(
    "o esquema está em {revision}, mais novo que este programa, que conhece {newest}: instale de "
    "novo o programa mais novo, ou rode antes o `sippulse-ws db downgrade {newest}` dele",
    "the schema is at {revision}, newer than this program, which knows {newest}: install the newer "
    "program again, or run its `sippulse-ws db downgrade {newest}` first",
)


_UNFINISHED = Wording(
    "uma restauração foi interrompida e o banco está incompleto, rode de novo: sippulse-ws backup "
    "restore --overwrite",
    "a restore was interrupted and the database is incomplete, run again: sippulse-ws backup "
    "restore --overwrite",
)


def schema_trouble(revision: str | None, serves: str | None = None) -> Wording | None:
    """What is wrong with the schema for this program and what to do, in one sentence; or None.

    `serves`: the oldest revision whose programs can serve on this one.
    """
    if revision == NEWEST or (serves and serves <= NEWEST < (revision or "")):
        return None
    if revision is None:
        return NO_SCHEMA
    if revision == RESTORING:
        return _UNFINISHED
    if revision > NEWEST:
        return _NEWER.fill(revision=revision, newest=NEWEST)
    return _OLDER.fill(revision=revision)


def find_trouble(db: Session) -> Wording | None:
    """What is wrong with the schema of this database; or None."""
    revision = current_revision(db)
    if revision is None or revision <= NEWEST or revision == RESTORING:
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
