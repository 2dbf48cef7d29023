"""Call records (`vi_cdrs`, `cdr`), failed calls (`acc`) and raw records (`call_raw`), unchanged:
nothing is normalized."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    Integer,
    Select,
    insert,
    select,
)

from sippulse_ws.db.statements import Session
from sippulse_ws.domain import call_records
from sippulse_ws.domain.call_records import METHOD
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.domain.values import amount
from sippulse_ws.files.call_queries import Period, select_acc, select_cdrs, select_raw_calls
from sippulse_ws.files.fields import (
    DecimalField,
    DomainField,
    Field,
    FlagField,
    IgnoredField,
    InstantField,
    IntegerField,
    MomentField,
)
from sippulse_ws.files.kind import Identity, Kind, Record, Stored
from sippulse_ws.models import Acc, Cdr, RawCall
from sippulse_ws.models.types import Money, UtcDateTime
from sippulse_ws.wording import Wording

METHOD_LENGTH = 16
BIGGEST = 2**63 - 1
NEVER_RATED = 3  # the highest state of a raw record
IGNORED = IgnoredField("id")  # imported records get new ids


class RawIdTaken(DomainError):
    code = "raw-id-taken"
    wording = Wording("O id {id} já é de outro registro", "The id {id} is another record's already")


def _field(name: str, column: Column[Any], kind: call_records.Kind) -> Field:
    """The field of a column; an empty cell is NULL, or '' if the column cannot be NULL."""
    sort = column.type
    told: dict[str, Any] = {"required": name in kind.required}
    makers: list[tuple[type, Any]] = [
        (Money, DecimalField),
        (UtcDateTime, InstantField),
        (Double, partial(DecimalField, binary=True)),
        (DateTime, MomentField),
        (Boolean, partial(FlagField, strict=True)),
        (BigInteger, partial(IntegerField, low=0, high=BIGGEST)),
        (Integer, partial(IntegerField, low=0) if name == "duration" else IntegerField),
    ]
    if name == kind.domain:
        return DomainField(name, **told)
    for made_of, make in makers:
        if isinstance(sort, made_of):
            told["empty"] = None if column.nullable or told["required"] else 0
            field: Field = make(name, **told)
            return field
    length = sort.length  # type: ignore[attr-defined] # all other columns are texts
    return Field(name, length, empty=None if column.nullable else "", as_sent=True, **told)


def _fields(kind: call_records.Kind) -> tuple[Field, ...]:
    return (IGNORED, *(_field(name, column, kind) for name, column in kind.columns.items()))


class Calls(Kind):
    """What the three tables have in common."""

    records: call_records.Kind
    model: type[Cdr | Acc | RawCall]
    always_tells_known = True
    changes = False

    def begin(self, db: Session) -> None:
        super().begin(db)
        self._money = [
            name for name, column in self.records.columns.items() if isinstance(column.type, Money)
        ]
        self._blank = dict.fromkeys(self.records.columns) | {
            one.name: one.empty for one in self.fields if one.empty is not None
        }

    def check(self, record: Record) -> Record:
        checked: Record = self._blank | record
        checked.pop("id", None)
        self.require_domain(checked[self.records.domain])
        for name in self._money:
            if (value := checked[name]) is not None:
                checked[name] = amount(value, name)
        return checked

    def find(self, db: Session, records: Sequence[Record]) -> dict[Identity, Stored]:
        known = call_records.find_known(db, self.records, self.model, records)
        return {identity: {} for identity in known}

    def differences(self, stored: Stored, record: Record) -> Record:
        return {}  # stored records are never changed

    def describe(self, record: Mapping[str, Any]) -> str:
        return " ".join(str(record[name]) for name in self.identity if record[name])


class Cdrs(Calls):
    name = "cdrs"
    records = call_records.CDRS
    model = Cdr
    fields = _fields(call_records.CDRS)
    identity = call_records.CDRS.identity
    domain = call_records.CDRS.domain

    def begin(self, db: Session) -> None:
        super().begin(db)
        self._snapshots = call_records.Snapshots()

    def insert(self, db: Session, records: Sequence[Record]) -> dict[int, DomainError]:
        self._snapshots.forget()  # an earlier batch may have been rolled back
        call_records.insert_cdrs(db, records, self._snapshots)
        return {}

    def rows(self, scope: Mapping[str, Any]) -> Select[Any]:
        return select_cdrs(scope.get("domain"), scope.get("period", Period()))


class FailedCalls(Calls):
    name = "acc"
    records = call_records.ACC
    model = Acc
    fields = (*_fields(call_records.ACC), Field(METHOD, METHOD_LENGTH, empty="", as_sent=True))
    identity = call_records.ACC.identity
    domain = call_records.ACC.domain
    alone = True

    def begin(self, db: Session) -> None:
        super().begin(db)
        self._has_method = not db.is_sqlite  # SQLite cannot hide a column, so there `acc` has none

    def check(self, record: Record) -> Record:
        checked = super().check(record)
        if not self._has_method:
            checked.pop(METHOD, None)
        return checked

    def insert(self, db: Session, records: Sequence[Record]) -> dict[int, DomainError]:
        call_records.insert_acc(db, records)
        return {}

    def rows(self, scope: Mapping[str, Any]) -> Select[Any]:
        return select_acc(scope.get("domain"), scope.get("period", Period()))


class RawCalls(Calls):
    """Raw records keep their ids, since ledger rows and rated records refer to them."""

    name = "raw-calls"
    records = call_records.COMPLETED
    model = RawCall
    fields = (
        IntegerField("id", low=1, high=BIGGEST),
        *(
            replace(one, low=0, high=NEVER_RATED) if one.name == "state" else one  # type: ignore[call-arg]
            for one in _fields(call_records.COMPLETED)[1:]
        ),
    )
    identity = call_records.COMPLETED.identity
    domain = None

    def check(self, record: Record) -> Record:
        return self._blank | record

    def insert(self, db: Session, records: Sequence[Record]) -> dict[int, DomainError]:
        named = [record["id"] for record in records if record.get("id")]
        found = db.execute(select(RawCall.id).where(RawCall.id.in_(named))) if named else ()
        taken = {row.id for row in found}
        refused: dict[int, DomainError] = {}
        new: dict[bool, list[Record]] = {True: [], False: []}
        for place, record in enumerate(records):
            own = record.get("id")
            if own in taken:
                refused[place] = RawIdTaken(id=own)
                continue
            new[own is None].append({name: v for name, v in record.items() if name != "id" or own})
            taken.add(own or 0)
        for some in filter(None, new.values()):
            db.execute(insert(RawCall), some)
        return refused

    def rows(self, scope: Mapping[str, Any]) -> Select[Any]:
        return select_raw_calls(scope.get("domain"), scope.get("period", Period()))
