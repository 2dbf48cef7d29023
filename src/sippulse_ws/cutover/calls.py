"""Copies call records and failed calls of the old database into ours, with their ids."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from sippulse_ws.cutover.old_database import OldDatabase
from sippulse_ws.cutover.report import MigrationReport
from sippulse_ws.cutover.source import Record
from sippulse_ws.db import Database, Session
from sippulse_ws.domain import call_records
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.domain.values import required, storable
from sippulse_ws.models import Acc, Base, Cdr

CALL_TABLES: dict[str, tuple[call_records.Kind, Any]] = {
    "vi_cdrs": (call_records.CDRS, Cdr),
    "acc": (call_records.ACC, Acc),
}
_ALL: tuple[type[Base], ...] = (*call_records.SNAPSHOTS.values(), Cdr, Acc)
_MODELS = {model.__tablename__: model for model in _ALL}
_TOLD = 100  # refused rows that are reported one by one; the others are only counted


class CallsMigration:
    """Copies one table, each batch in a transaction; rows that exist here stay as they are."""

    def __init__(self, table: str, database: Database, report: MigrationReport) -> None:
        self.table = table
        self.highest = 0  # highest id read
        self.gateways: dict[int, Record] = {}  # as in the latest call of each
        self._kind, self._model = CALL_TABLES[table]
        self._database, self._report = database, report
        self._snapshots = call_records.Snapshots()
        self._refused = 0

    def run(
        self,
        old: OldDatabase,
        after: int,
        domains: Collection[str] | None,
        tell: Callable[[int], None],
    ) -> None:
        read = 0
        for chunk in old.calls(self._kind, self.table, after, domains):
            records = [record for row in chunk if (record := self._checked(row)) is not None]
            with self._database.writing() as db:
                self._store(db, records)
            read += len(chunk)
            tell(read)
        if self._refused > _TOLD:
            self._report.refuse(self.table, f"+ {self._refused - _TOLD}")

    def _checked(self, row: Record) -> Record | None:
        """The row with values that fit its columns; None if it is refused."""
        self.highest = max(self.highest, row["id"])
        self._notice_gateway(row)
        try:
            required(row, *self._kind.required)
            return {"id": row["id"]} | self._fitting(row)
        except (DomainError, ValueError) as error:
            self._refused += 1
            if self._refused <= _TOLD:
                reason = error if isinstance(error, DomainError) else str(error)
                self._report.refuse(f"{self.table} {row['id']}", reason)
            return None

    def _fitting(self, row: Mapping[str, Any]) -> Record:
        stored: Record = {}
        for name, value in row.items():
            if name == "id":
                continue
            column = self._kind.columns[name]
            if value is None:
                stored[name] = None if column.nullable else ""
            else:
                fit = int(value) if name == "duration" else value  # the view has it as text
                stored |= storable(_MODELS[str(column.table.name)], {name: fit})
        return stored

    def _notice_gateway(self, row: Record) -> None:
        gwid = row.get("gw_name") and row.get("gwid")
        if not gwid:
            return
        known = self.gateways.get(gwid)
        if known is None or row["call_start_time"] >= known["call_start_time"]:
            self.gateways[gwid] = row

    def _store(self, db: Session, records: Sequence[Record]) -> None:
        self._snapshots.forget()  # an earlier transaction may have been rolled back
        identity = self._kind.identity
        new = {tuple(one[name] for name in identity): one for one in records}
        if new:
            for known in call_records.find_known(db, self._kind, self._model, list(new.values())):
                new.pop(known, None)
        self._report.counts[f"{self.table} same"] += len(records) - len(new)
        taken = set()
        if new:
            ids = [one["id"] for one in new.values()]
            query = select(self._model.id).where(self._model.id.in_(ids))
            taken = set(db.execute(query).scalars())
        kept = [one for one in new.values() if one["id"] not in taken]
        others = [
            {name: value for name, value in one.items() if name != "id"}
            for one in new.values()
            if one["id"] in taken
        ]
        for rows in filter(None, (kept, others)):
            if self._model is Cdr:
                call_records.insert_cdrs(db, rows, self._snapshots)
            else:
                call_records.insert_acc(db, rows)
        self._report.counts[f"{self.table} new"] += len(new)
        self._report.counts[f"{self.table} under another id"] += len(others)
