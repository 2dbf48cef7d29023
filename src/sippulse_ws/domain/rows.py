"""Inserting a row and learning its id; reading many rows a few at a time."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from sqlalchemy import Select, insert

from sippulse_ws.db.statements import Session
from sippulse_ws.models import Base

_AT_ONCE = 500


def insert_row(db: Session, model: type[Base], values: dict[str, Any]) -> int:
    """The id of the new row. IntegrityError when a key is taken."""
    key = db.execute(insert(model).values(values)).inserted_primary_key
    assert key is not None  # every table has one
    return int(key[0])


def stream(db: Session, query: Select[Any], *, scalars: bool = False) -> Generator[Any]:
    """The rows, or their first columns, as they come from the database.

    Until the last one, or until it is closed, the connection can do nothing else.
    """
    with db.execute(query, execution_options={"yield_per": _AT_ONCE}) as rows:
        yield from rows.scalars() if scalars else rows
