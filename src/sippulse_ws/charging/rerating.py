"""Rating calls again after a wrong price list: records keep both prices, ledgers are corrected."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, select, update

from sippulse_ws.charging.postings import LEDGER_ROW, NOBODY, lock_accounts
from sippulse_ws.charging.rated_call import RatedCall
from sippulse_ws.charging.rating import BATCH, NEW, RATED, UNRATED, price_calls
from sippulse_ws.charging.records import find_records, rated_values, record_key, update_record
from sippulse_ws.charging.rows import (
    CallLedgerRow,
    FirstLedgerRow,
    RawCallRow,
    UnratedRow,
    WholeRecord,
)
from sippulse_ws.db import Database
from sippulse_ws.db.statements import Session
from sippulse_ws.domain.call_records import Snapshots
from sippulse_ws.domain.credit import RESELLER, SUBSCRIBER
from sippulse_ws.models import CreditLedger, RawCall, Reseller, Subscriber

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Rerated:
    """A call whose price changes, or that can no longer be priced (`missing`)."""

    call_id: str
    started: dt.datetime
    account: str | None
    number: str
    seconds: int
    before: Decimal
    after: Decimal | None
    reseller_before: Decimal | None
    reseller_after: Decimal | None
    missing: str | None

    @property
    def difference(self) -> Decimal:
        return _ZERO if self.after is None else self.after - self.before


@dataclass(frozen=True, slots=True)
class Selection:
    """Which calls: by the moment of the answer, the account, and the plan that prices them."""

    start: dt.datetime
    end: dt.datetime
    account: str | None = None
    plan: str | None = None  # its id or its name


def rerate(database: Database, which: Selection, *, dry_run: bool = False) -> Generator[Rerated]:
    """Rate calls again by present plans and rates; yields those whose price changes.

    Each batch is a transaction. Calls that cannot be priced now are yielded too, and not changed.
    """
    last = 0
    snapshots = Snapshots()
    while True:
        with database.writing() as db:
            raws = db.execute(_rated(which, last)).all()
            found = _again(db, raws, which, snapshots, dry_run) if raws else []
        yield from found
        if len(raws) < BATCH:
            return
        last = raws[-1].id


def list_unrated(
    db: Session, account: str | None = None, limit: int = 1000
) -> Sequence[UnratedRow]:
    """Raw records that could not be rated, newest first."""
    columns = (
        RawCall.id,
        RawCall.started,
        RawCall.account,
        RawCall.number,
        RawCall.service,
        RawCall.duration_ms,
        RawCall.call_id,
        RawCall.reason,
    )
    query = select(*columns).where(RawCall.state == UNRATED)
    if account is not None:
        query = query.where(RawCall.account == account)
    return db.execute(query.order_by(RawCall.id.desc()).limit(limit)).all()


def queue_unrated(db: Session, account: str | None = None) -> int:
    """Let the rating worker try unrated records again; returns how many."""
    which: list[ColumnElement[bool]] = [RawCall.state == UNRATED]
    if account is not None:
        which.append(RawCall.account == account)
    return db.execute(update(RawCall).where(*which).values(state=NEW)).rowcount


def _rated(which: Selection, last: int) -> Select[Any]:
    query = select(*RawCall.__table__.columns).where(
        RawCall.state == RATED,
        RawCall.reason.is_(None),  # a duplicate has no record of its own
        RawCall.started >= which.start,
        RawCall.started < which.end,
        RawCall.id > last,
    )
    if which.account is not None:
        query = query.where(RawCall.account == which.account)
    return query.order_by(RawCall.id).limit(BATCH).with_for_update()


def _again(
    db: Session, raws: Sequence[RawCallRow], which: Selection, snapshots: Snapshots, dry_run: bool
) -> list[Rerated]:
    records = find_records(db, raws, whole=True)
    found, changed = [], []
    for call in price_calls(db, raws, {}):
        record = records.get(record_key(call.raw))
        if record is None or record.raw_id != call.raw.id or not _is_of(call, which.plan):
            continue
        if call.missing or _prices(call) != (
            record.price,
            record.reseller_price,
            record.cost_price,
        ):
            found.append(_told(call, record))
            if not call.missing:
                changed.append((call, record))
    if changed and not dry_run:
        _correct(db, changed)
        for call, record in changed:
            values = rated_values(call, db, snapshots)
            values["first_price"] = record.first_price
            values["first_reseller_price"] = record.first_reseller_price
            update_record(db, record, values)
    return found


def _prices(call: RatedCall) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    return call.price, call.reseller_price, call.cost.price if call.cost else None


def _is_of(call: RatedCall, plan: str | None) -> bool:
    if plan is None:
        return True
    by = call.sale.by.plan if call.sale else None
    return by is not None and plan in (str(by.id), by.name)


def _told(call: RatedCall, record: WholeRecord) -> Rerated:
    return Rerated(
        call.raw.call_id,
        call.raw.started,
        call.raw.account,
        call.raw.number,
        call.seconds,
        record.price or _ZERO,
        call.price,
        record.reseller_price,
        call.reseller_price,
        call.missing,
    )


def _correct(db: Session, changed: Sequence[tuple[RatedCall, WholeRecord]]) -> None:
    """Correct ledger and balances; each correction goes to whoever paid at first."""
    first = _first_rows(db, [call.raw.id for call, _ in changed])
    corrections: list[tuple[str, int, Decimal, int, int | None]] = []
    for call, record in changed:
        assert call.account is not None
        reseller = call.account.reseller
        for kind, now, before, payer in (
            (SUBSCRIBER, call.price, record.price, call.account.payer.id),
            (
                RESELLER,
                call.reseller_price,
                record.reseller_price,
                reseller.id if reseller else None,
            ),
        ):
            change = (before or _ZERO) - (now or _ZERO)
            row = first.get((kind, call.raw.id))
            account_id = row.account_id if row is not None else payer
            if change and account_id is not None:
                corrected = row.id if row is not None else None
                corrections.append((kind, account_id, change, call.raw.id, corrected))
    _post(db, SUBSCRIBER, [one for one in corrections if one[0] == SUBSCRIBER])
    _post(db, RESELLER, [one for one in corrections if one[0] == RESELLER])


def _first_rows(db: Session, raw_ids: list[int]) -> dict[tuple[str, int], FirstLedgerRow]:
    query = select(
        CreditLedger.id, CreditLedger.kind, CreditLedger.account_id, CreditLedger.raw_id
    ).where(CreditLedger.raw_id.in_(raw_ids), CreditLedger.corrects_id.is_(None))
    rows = db.execute(query.order_by(CreditLedger.id.desc()))
    return {(row.kind, row.raw_id): row for row in rows}


def _post(
    db: Session, kind: str, corrections: list[tuple[str, int, Decimal, int, int | None]]
) -> None:
    table = Subscriber if kind == SUBSCRIBER else Reseller
    accounts = lock_accounts(db, table, {account_id for _, account_id, *_ in corrections})
    changes: dict[int, Decimal] = defaultdict(Decimal)
    ledger, now = [], dt.datetime.now(dt.UTC)
    for _, account_id, change, raw_id, corrected in corrections:
        row = accounts.get(account_id)
        if row is None:  # removed: no balance is left to correct
            continue
        changes[account_id] += change
        ledger.append(
            {
                "at": now,
                "kind": kind,
                "account_id": account_id,
                "account": row.account_code,
                "value": change,
                "balance": row.credit + changes[account_id],
                "obs": "rated again",
                "administrator": NOBODY,
                "raw_id": raw_id,
                "corrects_id": corrected,
            }
        )
    if ledger:
        LEDGER_ROW.run_many(db, ledger)
    for account_id, change in changes.items():
        db.execute(update(table).where(table.id == account_id).values(credit=table.credit + change))


def find_call(
    db: Session, call_id: str
) -> list[tuple[RawCallRow, WholeRecord | None, list[CallLedgerRow]]]:
    """Raw records with this call-id, each with its record and the ledger rows it made."""
    raws = db.execute(
        select(*RawCall.__table__.columns)
        .where(RawCall.call_id == call_id)
        .order_by(RawCall.started, RawCall.id)
    ).all()
    if not raws:
        return []
    records = find_records(db, raws, whole=True)
    ledger = db.execute(
        select(*CreditLedger.__table__.columns)
        .where(CreditLedger.raw_id.in_([raw.id for raw in raws]))
        .order_by(CreditLedger.id)
    ).all()
    return [
        (
            raw,
            records.get(record_key(raw)),
            [row for row in ledger if row.raw_id == raw.id],
        )
        for raw in raws
    ]
