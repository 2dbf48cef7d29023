"""The ledger of credit, for operators to read and correct."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Iterable
from decimal import Decimal
from typing import NamedTuple, Protocol

from sqlalchemy import literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from sippulse_ws.db.statements import Session, stream
from sippulse_ws.domain.credit import LEDGER, SUBSCRIBER, credit_bounds, ledger_obs
from sippulse_ws.domain.errors import ResellerNotFound, SubscriberNotFound
from sippulse_ws.domain.repeat_errors import (
    BalanceWouldNotFit,
    LedgerRowIsReversal,
    LedgerRowNotFound,
    LedgerRowReversed,
)
from sippulse_ws.models import CreditLedger, Reseller, Subscriber
from sippulse_ws.models.types import Money

COLUMNS = (
    "id at kind account value balance obs administrator expires_at reverses reversed_by".split()
)
_reversal = aliased(CreditLedger)
_LEDGER = select(
    *(getattr(CreditLedger, name) for name in COLUMNS if name != "reversed_by"),
    _reversal.id.label("reversed_by"),
).outerjoin(_reversal, _reversal.reverses == CreditLedger.id)


class ListedEntry(Protocol):
    """A row of `credit_ledger`; `reversed_by` is the id of the row that reverses it."""

    id: int
    at: dt.datetime
    kind: str
    account: str
    value: Decimal
    balance: Decimal
    obs: str | None
    administrator: str
    expires_at: dt.datetime | None
    reverses: int | None
    reversed_by: int | None


class _Entry(Protocol):
    """The columns needed to reverse a row."""

    kind: str
    account_id: int
    account: str
    value: Decimal
    reverses: int | None


def list_ledger(
    db: Session, account: str, since: dt.datetime | None, until: dt.datetime | None
) -> Generator[ListedEntry]:
    """A balance's changes, in order; `account` is an account code or a reseller's name@domain."""
    query = _LEDGER.where(CreditLedger.account == account)
    if since is not None:
        query = query.where(CreditLedger.at >= since)
    if until is not None:
        query = query.where(CreditLedger.at < until)
    return stream(db, query.order_by(CreditLedger.id))


def reverse_entry(db: Session, row_id: int, obs: str, administrator: str) -> int:
    """Reverse a change of credit, once; returns the id of the new row, which refers to the first.

    The validity that the first row gave to the credit stays.
    """
    entry: _Entry | None = db.execute(select(CreditLedger).where(CreditLedger.id == row_id)).first()
    if entry is None:
        raise LedgerRowNotFound(row=row_id)
    if entry.reverses is not None:
        raise LedgerRowIsReversal(row=row_id)
    change = -entry.value
    # the balance's row is locked by this: of two reversals the second one waits
    _change_balance(db, entry, change)
    try:
        LEDGER[entry.kind].run(
            db,
            at=dt.datetime.now(dt.UTC),
            account_id=entry.account_id,
            account=entry.account,
            change=change,
            obs=ledger_obs(obs),
            administrator=administrator,
            expires_at=None,
            reverses=row_id,
        )
    except IntegrityError:
        raise LedgerRowReversed(row=row_id) from None
    found = select(CreditLedger.id).where(CreditLedger.reverses == row_id)
    return int(db.scalar(found))


def _change_balance(db: Session, entry: _Entry, change: Decimal) -> None:
    """Change the balance of the row's subscriber or reseller."""
    is_subscriber = entry.kind == SUBSCRIBER
    table: type[Subscriber | Reseller] = Subscriber if is_subscriber else Reseller
    lowest, highest = (literal(bound, Money) for bound in credit_bounds(change))
    fits = table.credit.between(lowest, highest)
    changed = update(table).where(table.id == entry.account_id, fits)
    if db.execute(changed.values(credit=table.credit + literal(change, Money))).rowcount:
        return
    if db.scalar(select(table.id).where(table.id == entry.account_id)) is not None:
        raise BalanceWouldNotFit
    if is_subscriber:
        raise SubscriberNotFound(account=entry.account)
    raise ResellerNotFound(reseller=entry.account)


class Double(NamedTuple):
    """A ledger row that equals one shortly before it."""

    first: ListedEntry
    second: ListedEntry


def find_doubles(db: Session, minutes: int, since: dt.datetime | None = None) -> list[Double]:
    """Changes by administrators of the same account, value and remark within so many minutes.

    Reversed rows and reversals do not count.
    """
    query = _LEDGER.where(
        CreditLedger.administrator != "",
        CreditLedger.reverses.is_(None),
        _reversal.id.is_(None),
    )
    if since is not None:
        query = query.where(CreditLedger.at >= since)
    order = (CreditLedger.kind, CreditLedger.account_id, CreditLedger.id)
    within = dt.timedelta(minutes=minutes)
    return list(_doubles(stream(db, query.order_by(*order)), within))


def _doubles(rows: Iterable[ListedEntry], within: dt.timedelta) -> Iterable[Double]:
    """`rows` are sorted by account."""
    before: dict[tuple[Decimal, str], ListedEntry] = {}
    owner = None
    for row in rows:
        if (row.kind, row.account) != owner:
            owner = (row.kind, row.account)
            before.clear()
        key = (row.value, row.obs or "")
        last = before.get(key)
        if last is not None and row.at - last.at <= within:
            yield Double(last, row)
        before[key] = row
