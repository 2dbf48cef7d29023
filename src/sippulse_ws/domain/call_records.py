"""Call records and acc: their columns, and storing new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table, column, insert, select
from sqlalchemy import table as table_of

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.rows import insert_row
from sippulse_ws.domain.values import Values
from sippulse_ws.models import (
    VI_CDRS,
    Acc,
    Base,
    Cdr,
    CdrGateway,
    CdrProvider,
    CdrRatePlan,
    CdrReseller,
    RawCall,
)

SNAPSHOTS: Mapping[str, type[Base]] = {
    "cdr_rate_plan_id": CdrRatePlan,
    "cdr_reseller_id": CdrReseller,
    "cdr_gateway_id": CdrGateway,
    "cdr_provider_id": CdrProvider,
}
_REMEMBERED = 10_000
# Of acc on MariaDB only, see models.Acc.
METHOD = "method"
# Of `cdr` and not of the view: how a call was rated here. Archives keep it.
RATED_HERE = ("raw_id", "rating", "first_price", "first_reseller_price")


@dataclass(frozen=True)
class Kind:
    """One of the tables: its name, its columns as integrators know them, and its unique key."""

    name: str
    columns: Mapping[str, Column[Any]]  # of the tables that hold them, without the id
    time: str
    call_id: str
    domain: str
    identity: tuple[str, ...]
    required: tuple[str, ...]


def _columns(names: Sequence[str], *models: type[Base]) -> dict[str, Column[Any]]:
    held = {name: column for model in models for name, column in _table(model).columns.items()}
    return {name: held[name] for name in names if name != "id"}


def _table(model: type[Base]) -> Table:
    return model.metadata.tables[model.__tablename__]


CDRS = Kind(
    name="cdr",
    columns=_columns([*VI_CDRS.columns.keys(), *RATED_HERE], *SNAPSHOTS.values(), Cdr),
    time="call_start_time",
    call_id="sip_call_id",
    domain="caller_domain",
    identity=("sip_call_id", "sip_from_tag", "sip_to_tag", "call_start_time"),
    required=("call_start_time", "caller_domain", "sip_call_id", "duration"),
)
ACC = Kind(
    name="acc",
    columns=_columns(list(Acc.__table__.columns.keys()), Acc),
    time="time",
    call_id="callid",
    domain="caller_domain",
    # one call may fail more than once, at several gateways
    identity=("callid", "from_tag", "to_tag", "time", "sip_code"),
    required=("time", "callid"),
)
COMPLETED = Kind(
    name="call_raw",
    columns=_columns(list(RawCall.__table__.columns.keys()), RawCall),
    time="started",
    call_id="call_id",
    domain="",  # a caller may be of none of ours
    identity=("call_id", "from_tag", "to_tag", "proxy", "leg", "started"),
    required=("received_at", "call_id", "started", "ended", "duration_ms"),
)


class Snapshots:
    """Ids of the snapshots that call records refer to, cached, since few serve many records."""

    def __init__(self) -> None:
        self._ids: dict[tuple[object, ...], int] = {}

    def forget(self) -> None:
        """Forget all cached ids, after a rollback that may have removed their rows."""
        self._ids.clear()

    def refer(self, db: Session, record: dict[str, Any]) -> None:
        """Replace the columns of a snapshot by its id; NULL when the record has none of them."""
        for reference, model in SNAPSHOTS.items():
            columns = _table(model).columns
            values = {c.name: record.pop(c.name, None) for c in columns if c.name != "id"}
            known = any(value is not None for value in values.values())
            record[reference] = self._id(db, model, values) if known else None

    def _id(self, db: Session, model: type[Base], values: dict[str, Any]) -> int:
        key = (model, *values.values())
        if key not in self._ids:
            if len(self._ids) >= _REMEMBERED:
                self.forget()
            self._ids[key] = _find(db, model, values) or insert_row(db, model, values)
        return self._ids[key]


def insert_cdrs(db: Session, records: Sequence[Values], snapshots: Snapshots) -> None:
    """Store new call records.

    Raises IntegrityError if somebody else has stored one of them: try again after a rollback.
    """
    new = [dict(record) for record in records]
    for record in new:
        snapshots.refer(db, record)
    db.execute(insert(Cdr), new)


def insert_acc(db: Session, records: Sequence[Values]) -> None:
    """Store new acc rows; either all of them have ids, or none."""
    names = [*ACC.columns, "id"] if "id" in records[0] else ACC.columns
    columns = [column(name, Acc.__table__.columns[name].type) for name in names]
    if METHOD in records[0]:
        columns.append(column(METHOD))
    db.execute(insert(table_of("acc", *columns)), [dict(record) for record in records])


def find_known(
    db: Session, kind: Kind, model: type[Acc | Cdr | RawCall], records: Sequence[Values]
) -> set[tuple[Any, ...]]:
    """The identities of those records that exist already."""
    columns = model.__table__.columns
    times = [record[kind.time] for record in records]
    stored = db.execute(
        select(*(columns[name] for name in kind.identity)).where(
            columns[kind.call_id].in_({record[kind.call_id] for record in records}),
            columns[kind.time].between(min(times), max(times)),  # so that few partitions are read
        )
    )
    return {tuple(row) for row in stored}


def _find(db: Session, model: type[Base], values: Values) -> int | None:
    columns = model.__table__.columns
    same = [columns[name].is_not_distinct_from(value) for name, value in values.items()]
    return db.execute(select(columns["id"]).where(*same).limit(1)).scalar()
