"""The money of a batch of calls: holds released, balances, ledger, quotas, events.

Everybody locks in one order: subscribers, resellers, holds, each by id.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, String, bindparam, cast, delete, insert, select, update

from sippulse_ws.charging.rated_call import RatedCall
from sippulse_ws.charging.rows import HeldMoney, HoldRow, LockedAccount
from sippulse_ws.db.statements import Prepared, Session
from sippulse_ws.domain import events
from sippulse_ws.domain.credit import RESELLER, SUBSCRIBER
from sippulse_ws.domain.local_time import local_day
from sippulse_ws.models import CallHold, CreditLedger, Reseller, Subscriber
from sippulse_ws.models.types import MONEY_LIMIT, Money, as_money

_ZERO = Decimal(0)
NO_ROOM = "balance would not fit"
_GONE = "unknown account"
# Ledger rows of calls have no administrator; those made by hand have a login.
NOBODY = ""

_HOLD_COLUMNS = [
    cast(column, String).label(column.name) if column.name.endswith("tariff") else column
    for column in CallHold.__table__.columns
]


def _bound(name: str) -> BindParameter[Decimal]:
    return bindparam(name, type_=Money)


_CHARGE = Prepared(
    update(Subscriber)
    .where(Subscriber.id == bindparam("account_id"))
    .values(
        credit=Subscriber.credit - _bound("charge"),
        held=Subscriber.held - _bound("unheld"),
        daily_quota_consumed=Subscriber.daily_quota_consumed + _bound("daily"),
        monthly_quota_consumed=Subscriber.monthly_quota_consumed + _bound("monthly"),
    )
)
_CHARGE_RESELLER = Prepared(
    update(Reseller)
    .where(Reseller.id == bindparam("account_id"))
    .values(credit=Reseller.credit - _bound("charge"), held=Reseller.held - _bound("unheld"))
)
_LEDGER_FIELDS = (
    "at kind account_id account value balance obs administrator raw_id corrects_id".split()
)
LEDGER_ROW = Prepared(
    insert(CreditLedger).values(
        {
            name: bindparam(name, type_=CreditLedger.__table__.columns[name].type)
            for name in _LEDGER_FIELDS
        }
    )
)


@dataclass(slots=True)
class Posting:
    """The changes of one balance."""

    charge: Decimal = _ZERO
    unheld: Decimal = _ZERO
    daily: Decimal = _ZERO
    monthly: Decimal = _ZERO
    calls: list[tuple[RatedCall, Decimal]] = field(default_factory=list)


def find_holds(db: Session, ids: Iterable[int]) -> dict[int, HoldRow]:
    """Holds by id; those that were released are left out."""
    wanted = sorted(ids)
    if not wanted:
        return {}
    rows = db.execute(select(*_HOLD_COLUMNS).where(CallHold.id.in_(wanted)))
    return {row.id: row for row in rows}


class Postings:
    """The locked balances of a batch; `post` writes what its calls change."""

    def __init__(self, db: Session, calls: Sequence[RatedCall], holds: Iterable[HeldMoney]) -> None:
        held = list(holds)
        payers = {call.account.payer.id for call in calls if call.account}
        resellers = {
            call.account.reseller.id for call in calls if call.account and call.account.reseller
        }
        self._db = db
        self._subscribers = lock_accounts(
            db, Subscriber, payers | {hold.subscriber_id for hold in held}
        )
        self._resellers = lock_accounts(
            db, Reseller, resellers | {hold.reseller_id for hold in held if hold.reseller_id}
        )
        self._holds = _lock_holds(db, [hold.id for hold in held])
        self._leave_impossible_unrated(calls)

    def post(
        self, calls: Sequence[RatedCall], zone: ZoneInfo, now: dt.datetime, counted: dt.date
    ) -> None:
        """Write ledger, balances and quotas, and delete the holds.

        `counted` is the day that the quotas' counters belong to.
        """
        subscribers: dict[int, Posting] = defaultdict(Posting)
        resellers: dict[int, Posting] = defaultdict(Posting)
        for hold in self._holds:
            subscribers[hold.subscriber_id].unheld += hold.amount
            if hold.reseller_id:
                resellers[hold.reseller_id].unheld += hold.reseller_amount
        for call in calls:
            if call.price is not None and not call.duplicate and call.account:
                _collect(call, subscribers, resellers, local_day(call.raw.started, zone), counted)
        rows = [
            *_ledger(SUBSCRIBER, subscribers, self._subscribers, now),
            *_ledger(RESELLER, resellers, self._resellers, now),
        ]
        if self._holds:
            gone = [hold.id for hold in self._holds]
            self._db.execute(delete(CallHold).where(CallHold.id.in_(gone)))
        if rows:
            LEDGER_ROW.run_many(self._db, rows)
        _write(self._db, _CHARGE, subscribers, self._subscribers, ("daily", "monthly"))
        _write(self._db, _CHARGE_RESELLER, resellers, self._resellers, ())
        self._tell_ends(subscribers)

    def _leave_impossible_unrated(self, calls: Sequence[RatedCall]) -> None:
        """Leave calls unrated whose account is gone, or whose balance would overflow its column."""
        spent: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
        for call in calls:
            if call.price is None or call.duplicate or call.account is None:
                continue
            sides = [("s", self._subscribers.get(call.account.payer.id), call.price)]
            if call.account.reseller and call.reseller_price is not None:
                row = self._resellers.get(call.account.reseller.id)
                sides.append(("r", row, call.reseller_price))
            if any(row is None for _, row, _ in sides):
                call.leave_unrated(_GONE)
                continue
            if any(
                row.credit - spent[side, row.id] - price <= -MONEY_LIMIT
                for side, row, price in sides
                if row is not None
            ):
                call.leave_unrated(NO_ROOM)
                continue
            for side, row, price in sides:
                if row is not None:
                    spent[side, row.id] += price

    def _tell_ends(self, postings: dict[int, Posting]) -> None:
        for account_id, posting in postings.items():
            row = self._subscribers.get(account_id)
            if row is not None and row.credit > 0 >= row.credit - posting.charge:
                data = {"credit": row.credit - posting.charge}
                events.emit(self._db, events.CREDIT_ENDED, row.account_code, data)


def lock_accounts(
    db: Session, table: type[Subscriber | Reseller], ids: Iterable[int]
) -> dict[int, LockedAccount]:
    """Lock these accounts until the transaction ends; returns those that exist, by id."""
    wanted = sorted(ids)
    if not wanted:
        return {}
    columns: list[Any] = [table.id, table.credit, table.held]
    if table is Subscriber:
        columns += [
            Subscriber.account_code,
            Subscriber.daily_quota,
            Subscriber.daily_quota_type,
            Subscriber.monthly_quota,
            Subscriber.monthly_quota_type,
        ]
    else:
        columns.append((Reseller.name + "@" + Reseller.domain).label("account_code"))
    query = select(*columns).where(table.id.in_(wanted)).order_by(table.id).with_for_update()
    return {row.id: row for row in db.execute(query)}


def _lock_holds(db: Session, ids: Sequence[int]) -> Sequence[HeldMoney]:
    if not ids:
        return []
    query = select(
        CallHold.id,
        CallHold.subscriber_id,
        CallHold.amount,
        CallHold.reseller_id,
        CallHold.reseller_amount,
    )
    query = query.where(CallHold.id.in_(ids)).order_by(CallHold.id).with_for_update()
    return db.execute(query).all()


def _collect(
    call: RatedCall,
    subscribers: dict[int, Posting],
    resellers: dict[int, Posting],
    day: dt.date,
    counted: dt.date,
) -> None:
    assert call.account is not None
    assert call.price is not None
    payer = call.account.payer
    posting = subscribers[payer.id]
    posting.charge += call.price
    posting.calls.append((call, call.price))
    # a call dated later than today counts today: a proxy's fast clock makes no call free
    if day >= counted:
        posting.daily += _used(call, payer.daily_quota, payer.daily_quota_type)
    if day >= counted.replace(day=1):
        posting.monthly += _used(call, payer.monthly_quota, payer.monthly_quota_type)
    if call.account.reseller and call.reseller_price is not None:
        other = resellers[call.account.reseller.id]
        other.charge += call.reseller_price
        other.calls.append((call, call.reseller_price))


def _used(call: RatedCall, counted: bool, kind: str | None) -> Decimal:
    """What a call uses of a quota: charged minutes, or its price."""
    if not counted or call.sale is None:
        return _ZERO
    if kind == "V":
        return call.sale.price
    return as_money(Decimal(call.sale.billed) / 60)


def _ledger(
    kind: str, postings: dict[int, Posting], rows: Mapping[int, LockedAccount], now: dt.datetime
) -> list[dict[str, Any]]:
    ledger = []
    for account_id, posting in postings.items():
        row = rows.get(account_id)
        if row is None:
            continue
        balance = row.credit
        for call, price in posting.calls:
            balance -= price
            if price:
                ledger.append(
                    {
                        "at": now,
                        "kind": kind,
                        "account_id": account_id,
                        "account": row.account_code,
                        "value": -price,
                        "balance": balance,
                        "obs": f"{call.raw.number} {call.raw.call_id}",
                        "administrator": NOBODY,
                        "raw_id": call.raw.id,
                        "corrects_id": None,
                    }
                )
    return ledger


def _write(
    db: Session,
    statement: Prepared,
    postings: dict[int, Posting],
    rows: Mapping[int, LockedAccount],
    quotas: tuple[str, ...],
) -> None:
    for account_id in sorted(postings):
        posting, row = postings[account_id], rows.get(account_id)
        if row is not None:
            # the sum never falls below zero, even if somebody deleted holds by hand
            values = {"charge": posting.charge, "unheld": min(posting.unheld, row.held)}
            values |= {name: getattr(posting, name) for name in quotas}
            # all of them go to the server in one round trip
            statement.queue(db, account_id=account_id, **values)
