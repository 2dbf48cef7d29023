"""Rates: domain, rate_id, prefix, name, rate_value, and blocks and seconds of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, delete, select

from sippulse_ws.db.statements import Session
from sippulse_ws.domain import rates
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.domain.rate_columns import FIELDS
from sippulse_ws.files.fields import DecimalField, DomainField, Field, IntegerField, PrefixField
from sippulse_ws.files.kind import Identity, Kind, Record, Stored, chunks
from sippulse_ws.files.number_refusals import any_dialled, dialled_prefix
from sippulse_ws.files.upserts import insert_rows, upsert
from sippulse_ws.models import Rate

_AT_ONCE = 1000
_NAMES = "domain rate_id prefix name rate_value".split()
_COLUMNS = tuple(
    getattr(Rate, name) for name in (*_NAMES, *(name for name in FIELDS if name not in _NAMES))
)


class Rates(Kind):
    name = "rates"
    fields = (
        DomainField("domain", required=True),
        IntegerField("rate_id", required=True),
        PrefixField("prefix", required=True),
        Field("name", required=True),
        DecimalField("rate_value", required=True),
        Field("service_type"),
        IntegerField("cadency"),
        IntegerField("tx_connection", also=("tx_conn",)),
        IntegerField("tx_delay"),
        IntegerField("tx_discard"),
    )
    identity = ("domain", "rate_id", "prefix")
    scope = ("domain", "rate_id")

    def __init__(self) -> None:
        super().__init__()
        self._empty: dict[tuple[str, int], bool] | None = {}
        self._checked = rates.RowChecker()

    def check(self, record: Record) -> Record:
        self.require_domain(record["domain"])
        record.update(self._checked(record))
        return record

    def check_columns(self, columns: Mapping[str, list[Any]]) -> list[Record] | None:
        if not self.domains.issuperset(columns["domain"]) or any_dialled(columns["prefix"]):
            return None
        records = self._checked.columns(columns)
        if records is None:
            return None
        for name, values in columns.items():
            if None in values:
                for record in records:
                    record.setdefault(name, None)
        return records

    def remark(self, record: Record) -> DomainError | None:
        return dialled_prefix(record["prefix"])

    def find(self, db: Session, records: Sequence[Record]) -> dict[Identity, Stored]:
        tables = {(record["domain"], record["rate_id"]) for record in records}
        found: dict[Identity, Stored] = {}
        for domain, rate_id in sorted(tables):
            if self._was_empty(db, domain, rate_id):
                continue
            own = (one for one in records if (one["domain"], one["rate_id"]) == (domain, rate_id))
            for some in chunks([one["prefix"] for one in own], _AT_ONCE):
                query = select(Rate.id, *_COLUMNS).where(
                    Rate.domain == domain, Rate.rate_id == rate_id, Rate.prefix.in_(some)
                )
                for row in db.execute(query):
                    found[domain, rate_id, row.prefix] = row._asdict()
        return found

    def look_again(self) -> None:
        self._empty = None

    def _was_empty(self, db: Session, domain: str, rate_id: int) -> bool:
        """Whether the table was empty before this run, so that it has only the run's rates."""
        if self._empty is None:
            return False
        table = (domain, rate_id)
        if table not in self._empty:
            query = select(Rate.id).where(Rate.domain == domain, Rate.rate_id == rate_id)
            self._empty[table] = db.execute(query.limit(1)).first() is None
        return self._empty[table]

    def insert(self, db: Session, records: Sequence[Record]) -> dict[int, DomainError]:
        insert_rows(db, Rate, records)
        return {}

    def change_many(
        self, db: Session, changed: Sequence[tuple[Stored, Record, Record]]
    ) -> dict[int, DomainError]:
        rows = [
            {name: changes.get(name, stored[name]) for name in FIELDS}
            for stored, _, changes in changed
        ]
        upsert(db, Rate, rows, key=("domain", "rate_id", "prefix"))
        return {}

    def in_scope(self, scope: Mapping[str, Any]) -> Select[Any] | None:
        columns = Rate.id, Rate.domain, Rate.rate_id, Rate.prefix
        query = select(*columns).where(Rate.domain == scope["domain"])
        return query.where(Rate.rate_id == scope["rate_id"])

    def remove(self, db: Session, row: Any) -> None:
        db.execute(delete(Rate).where(Rate.id == row.id))

    def rows(self, scope: Mapping[str, Any]) -> Select[Any]:
        query = select(*_COLUMNS).order_by(Rate.domain, Rate.rate_id, Rate.prefix)
        for name, value in scope.items():
            query = query.where(getattr(Rate, name) == value)
        return query
