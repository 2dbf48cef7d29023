"""Deletes the outcomes of requests whose idempotency key has expired."""

from __future__ import annotations

from sippulse_ws.db import Database
from sippulse_ws.domain import idempotency


def purge_keys(database: Database, hours: int) -> bool:
    """Delete a batch in a transaction of its own; returns whether there may be more."""
    with database.writing() as db:
        return idempotency.purge(db, hours) == idempotency.PURGED_AT_ONCE
