"""The numbering table: prefix, city_code, local_area."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, delete, select

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.domain.numbering import checked_numbering, numbering_fits
from sippulse_ws.files.fields import Field, PrefixField
from sippulse_ws.files.kind import Identity, Kind, Record, Stored, chunks
from sippulse_ws.files.number_refusals import any_dialled, dialled_prefix
from sippulse_ws.files.upserts import insert_rows, upsert
from sippulse_ws.models import Numbering

_AT_ONCE = 1000
_COLUMNS = Numbering.prefix, Numbering.city_code, Numbering.local_area


class NumberingPrefixes(Kind):
    name = "numbering"
    fields = (
        PrefixField("prefix", required=True),
        Field("city_code", empty=""),
        Field("local_area", empty=""),
    )
    identity = ("prefix",)
    domain = None
    scope = ("prefix",)

    def check(self, record: Record) -> Record:
        record.setdefault("city_code", "")
        record.setdefault("local_area", "")
        return checked_numbering(record)

    def check_columns(self, columns: Mapping[str, list[Any]]) -> list[Record] | None:
        nothing = [""] * len(columns["prefix"])
        told = {"city_code": nothing, "local_area": nothing, **columns}
        if any_dialled(told["prefix"]) or not numbering_fits(told):
            return None
        rows = zip(*told.values(), strict=True)
        return [dict(zip(told, row, strict=True)) for row in rows]

    def remark(self, record: Record) -> DomainError | None:
        return dialled_prefix(record["prefix"])

    def find(self, db: Session, records: Sequence[Record]) -> dict[Identity, Stored]:
        found: dict[Identity, Stored] = {}
        if self._was_empty:
            return found
        for some in chunks([record["prefix"] for record in records], _AT_ONCE):
            query = select(Numbering.id, *_COLUMNS).where(Numbering.prefix.in_(some))
            found |= {(row.prefix,): row._asdict() for row in db.execute(query)}
        return found

    def begin(self, db: Session) -> None:
        super().begin(db)
        # an empty table has only what this run stores
        self._was_empty = db.execute(select(Numbering.id).limit(1)).first() is None

    def look_again(self) -> None:
        self._was_empty = False

    def insert(self, db: Session, records: Sequence[Record]) -> dict[int, DomainError]:
        insert_rows(db, Numbering, records)
        return {}

    def change_many(
        self, db: Session, changed: Sequence[tuple[Stored, Record, Record]]
    ) -> dict[int, DomainError]:
        names = ("prefix", "city_code", "local_area")
        rows = [
            {name: changes.get(name, stored[name]) for name in names}
            for stored, _, changes in changed
        ]
        upsert(db, Numbering, rows, key=("prefix",))
        return {}

    def in_scope(self, scope: Mapping[str, Any]) -> Select[Any] | None:
        return select(Numbering.id, Numbering.prefix).where(
            Numbering.prefix.startswith(scope["prefix"], autoescape=True)
        )

    def remove(self, db: Session, row: Any) -> None:
        db.execute(delete(Numbering).where(Numbering.id == row.id))

    def rows(self, scope: Mapping[str, Any]) -> Select[Any]:
        return select(*_COLUMNS).order_by(Numbering.prefix)
