"""Inserts rows, explains failures, and counts up rows."""

from __future__ import annotations

import sqlite3
from functools import cache
from typing import Any

from sqlalchemy import insert
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.exc import IntegrityError

from sippulse_ws.db.statements import Session
from sippulse_ws.models import Base

# of MariaDB: a row refers to one that is not there
_NO_PARENT = 1452


def insert_row(db: Session, model: type[Base], values: dict[str, Any]) -> int:
    """Insert a row; returns its id. Raises IntegrityError if a key is taken."""
    key = db.execute(insert(model).values(values)).inserted_primary_key
    assert key is not None  # every table has one
    return int(key[0])


def refers_to_nothing(error: IntegrityError) -> bool:
    """Whether a foreign key failed (the row referred to is missing), and not a unique key."""
    cause: Any = error.orig
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        return bool(code == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY)
    return bool(cause is not None and cause.args and cause.args[0] == _NO_PARENT)


def upsert(db: Session, model: type[Base], counted: str) -> Any:
    """An INSERT that adds to `counted` if a row with the same key exists."""
    return _upsert(db.is_sqlite, model, counted)


@cache
def _upsert(is_sqlite: bool, model: type[Base], counted: str) -> Any:
    if is_sqlite:
        made = sqlite.insert(model)
        keys = _unique_columns(model)
        added = {counted: getattr(model, counted) + made.excluded[counted]}
        return made.on_conflict_do_update(index_elements=keys, set_=added)
    statement = mysql.insert(model)
    return statement.on_duplicate_key_update(
        {counted: getattr(model, counted) + statement.inserted[counted]}
    )


def _unique_columns(model: type[Base]) -> list[str]:
    """The columns of the unique key: a unique column, or the primary key."""
    unique = [column.name for column in model.__table__.columns if column.unique]
    return unique or [column.name for column in model.__table__.columns if column.primary_key]
