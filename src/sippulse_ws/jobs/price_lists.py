"""Applies price lists when they are due, late if nothing ran at their moment."""

from __future__ import annotations

import datetime as dt
import logging
import os

from sippulse_ws.db import Database
from sippulse_ws.domain import audit, price_lists
from sippulse_ws.domain.price_lists import PriceListNotStaged

log = logging.getLogger(__name__)


def apply_due(database: Database) -> bool:
    """Apply the lists that are due, each in a transaction with its audit row."""
    with database.reading() as db:
        due = price_lists.find_due(db, dt.datetime.now(dt.UTC))
    for list_id in due:
        try:
            with database.writing() as db:
                row = price_lists.apply_list(db, list_id)
                audit.record(
                    db,
                    login="(background)",
                    address="",
                    operation="rates apply",
                    object=f"list={list_id} domain={row.domain} rate_id={row.rate_id} "
                    f"added={row.added} removed={row.removed} changed={row.changed}",
                    outcome=audit.DONE,
                    error=None,
                    request_id=os.urandom(8).hex(),
                )
        except PriceListNotStaged:  # cancelled, or applied by another server, meanwhile
            continue
        log.info("price list %s is in force", list_id)
    return False
