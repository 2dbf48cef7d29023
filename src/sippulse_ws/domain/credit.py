"""Credit of subscribers: one atomic update, and its row in the ledger."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, literal, select, update

from sippulse_ws.domain.errors import InvalidField, MissingField, SubscriberNotFound
from sippulse_ws.domain.subscribers import key
from sippulse_ws.domain.values import amount, storable
from sippulse_ws.models import CreditLedger, RatePlan, Subscriber
from sippulse_ws.models.types import MONEY_LIMIT, MONEY_UNIT, Money

SUBSCRIBER = "subscriber"


def get_credit(db: Connection, username: str | None, domain: str) -> Decimal:
    credit = db.execute(select(Subscriber.credit).where(key(username, domain))).scalar()
    if credit is None:
        raise SubscriberNotFound(account=f"{username}@{domain}")
    return Decimal(credit)


def add_credit(
    db: Connection,
    administrator: str,
    username: str | None,
    domain: str,
    value: float | None,
    obs: str | None,
) -> None:
    """Add (or, negative, take) credit. A prepaid plan may let it expire after some days."""
    change = credit_change(value)
    plan = db.execute(
        select(
            Subscriber.id,
            Subscriber.account_code,
            RatePlan.prepaid,
            RatePlan.limit_to_credit_expires,
        )
        .outerjoin(RatePlan, RatePlan.id == Subscriber.rate_plan_id)
        .where(key(username, domain))
    ).first()
    if plan is None:
        raise SubscriberNotFound(account=f"{username}@{domain}")
    now = dt.datetime.now(dt.UTC)
    expires = None
    if plan.prepaid and plan.limit_to_credit_expires > 0 and change > 0:
        expires = now + dt.timedelta(days=plan.limit_to_credit_expires)
    changes: dict[str, Any] = {"credit": Subscriber.credit + literal(change, Money)}
    if expires is not None:
        changes["credit_expires_at"] = expires
    fits = credit_fits(Subscriber.credit, change)
    result = db.execute(update(Subscriber).where(Subscriber.id == plan.id, fits).values(changes))
    if result.rowcount == 0:
        raise InvalidField("value", "o saldo não caberia", "the balance would not fit")
    balance = select(Subscriber.credit).where(Subscriber.id == plan.id).scalar_subquery()
    db.execute(
        insert(CreditLedger).values(
            ledger_row(SUBSCRIBER, plan.id, plan.account_code, change, administrator, obs)
            | {"at": now, "balance": balance, "expires_at": expires}
        )
    )


def credit_change(value: float | None) -> Decimal:
    """The exact amount of a credit operation: finite, and not zero once rounded."""
    if value is None:
        raise MissingField(field="value")
    change = amount(value, "value")
    if change == 0:
        raise InvalidField("value", "é zero", "is zero")
    return change


def credit_fits(column: Any, change: Decimal) -> ColumnElement[bool]:
    """The condition that the changed balance still fits its column."""
    limit = MONEY_LIMIT - MONEY_UNIT
    low, high = -limit - min(change, Decimal(0)), limit - max(change, Decimal(0))
    fits: ColumnElement[bool] = column.between(literal(low, Money), literal(high, Money))
    return fits


def ledger_row(
    kind: str, account_id: int, account: str, value: Decimal, administrator: str, obs: str | None
) -> dict[str, Any]:
    """Everything of a ledger row but its time, balance and expiry."""
    row = {"kind": kind, "account_id": account_id, "account": account, "obs": obs}
    return {**storable(CreditLedger, row), "value": value, "administrator": administrator}
