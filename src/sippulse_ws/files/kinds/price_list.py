"""A price list: rates of one table, loaded beside those in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sippulse_ws.db import Database
from sippulse_ws.db.statements import Session
from sippulse_ws.domain import price_lists
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.files.kind import Identity, Record, Stored
from sippulse_ws.files.kinds.rates import Rates
from sippulse_ws.files.refusals import OutOfScope
from sippulse_ws.files.upserts import insert_rows
from sippulse_ws.models import PriceListRow


class NewPriceList(Rates):
    """Stores the lines of one domain and table; the first line sets `list_id`."""

    changes = False

    def __init__(self, database: Database, rate_id: int, by: str, source: str) -> None:
        super().__init__()
        self._database = database
        self._rate_id = rate_id
        self._by = by
        self._source = source
        self.list_domain: str | None = None
        self.list_id: int | None = None

    def check(self, record: Record) -> Record:
        checked = super().check(record)
        if self.list_domain is None:
            self.list_domain = checked["domain"]
            with self._database.writing() as db:
                self.list_id = price_lists.begin_list(
                    db, checked["domain"], self._rate_id, by=self._by, source=self._source
                )
        if checked["domain"] != self.list_domain:
            raise OutOfScope(field="domain", value=checked["domain"], wanted=self.list_domain)
        return checked

    def check_columns(self, columns: Mapping[str, list[Any]]) -> list[Record] | None:
        """The first line is checked alone, since it decides the domain of all others."""
        if self.list_domain is None or set(columns["domain"]) != {self.list_domain}:
            return None
        return super().check_columns(columns)

    def find(self, db: Session, records: Sequence[Record]) -> dict[Identity, Stored]:
        return {}

    def insert(self, db: Session, records: Sequence[Record]) -> dict[int, DomainError]:
        rows = [
            {"price_list_id": self.list_id}
            | {name: record.get(name) for name in price_lists.COLUMNS}
            for record in records
        ]
        insert_rows(db, PriceListRow, rows)
        return {}
