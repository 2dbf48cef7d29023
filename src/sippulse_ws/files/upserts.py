"""Inserts or updates many rows of a table at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import bindparam, insert
from sqlalchemy.dialects import mysql, sqlite

from sippulse_ws.db.statements import Prepared, Session
from sippulse_ws.models import Base

_Rows = Sequence[Mapping[str, Any]]


def insert_rows(db: Session, model: type[Base], rows: _Rows) -> None:
    """Insert rows, which may lack columns. Raises IntegrityError if a key is taken."""
    names = tuple(sorted(set().union(*rows)))
    _insert(model, names).run_many(db, _filled(rows, names))


def upsert(db: Session, model: type[Base], rows: _Rows, key: tuple[str, ...]) -> None:
    """Insert rows, or update those that exist, by their unique `key`."""
    names = tuple(sorted(set().union(*rows)))
    statement = _upsert(model, names, key, sqlite=db.is_sqlite)
    statement.run_many(db, _filled(rows, names))


def _filled(rows: _Rows, names: tuple[str, ...]) -> _Rows:
    """The rows, each with all columns; missing ones are None."""
    if set(map(len, rows)) == {len(names)}:
        return rows
    return [{name: row.get(name) for name in names} for row in rows]


@cache
def _insert(model: type[Base], names: tuple[str, ...]) -> Prepared:
    return Prepared(insert(model).values(_binds(model, names)))


@cache
def _upsert(
    model: type[Base], names: tuple[str, ...], key: tuple[str, ...], *, sqlite: bool
) -> Prepared:
    changed = [name for name in names if name not in key]
    if sqlite:
        new = _sqlite_insert(model).values(_binds(model, names))
        return Prepared(
            new.on_conflict_do_update(
                index_elements=list(key), set_={name: new.excluded[name] for name in changed}
            )
        )
    other = mysql.insert(model).values(_binds(model, names))
    return Prepared(other.on_duplicate_key_update({name: other.inserted[name] for name in changed}))


_sqlite_insert = sqlite.insert


def _binds(model: type[Base], names: tuple[str, ...]) -> dict[str, Any]:
    columns = model.__table__.columns
    return {name: bindparam(name, type_=columns[name].type) for name in names}
