"""Inserting a row and learning its id."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert

from sippulse_ws.models import Base


def insert_row(db: Connection, model: type[Base], values: dict[str, Any]) -> int:
    """The id of the new row. IntegrityError when a key is taken."""
    key = db.execute(insert(model).values(values)).inserted_primary_key
    assert key is not None  # every table has one
    return int(key[0])
