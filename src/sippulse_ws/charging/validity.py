"""Credit past its validity: one event for each, and the credit is taken if so configured."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import exists, insert, select

from sippulse_ws.charging.charges import charge_account
from sippulse_ws.db.statements import Session
from sippulse_ws.domain import events
from sippulse_ws.models import CreditExpiry, RatePlan, Subscriber

_AT_ONCE = 100
TAKEN = "taken"


def expire_credit(db: Session, mode: str) -> int:
    """Emit events for credits that have expired; returns how many.

    With the mode `taken` a ledger row takes the credit, except what is held for calls in progress:
    that is charged when they end.
    """
    noticed = exists().where(
        CreditExpiry.subscriber_id == Subscriber.id,
        CreditExpiry.expired_at == Subscriber.credit_expires_at,
    )
    rows = db.execute(
        select(
            Subscriber.id,
            Subscriber.account_code,
            Subscriber.credit,
            Subscriber.held,
            Subscriber.credit_expires_at,
        )
        .join(RatePlan, RatePlan.id == Subscriber.rate_plan_id)
        .where(
            RatePlan.prepaid,
            Subscriber.credit > Decimal(0),
            Subscriber.credit_expires_at < dt.datetime.now(dt.UTC),
            ~noticed,
        )
        .order_by(Subscriber.id)
        .limit(_AT_ONCE)
        .with_for_update(of=Subscriber)
    ).all()
    for row in rows:
        values = {"subscriber_id": row.id, "expired_at": row.credit_expires_at}
        db.execute(insert(CreditExpiry).values(values))
        amount = row.credit - row.held
        taken = mode == TAKEN and amount > 0
        data = {"credit": row.credit, "expired_at": row.credit_expires_at, "taken": taken}
        events.emit(db, events.CREDIT_EXPIRED, row.account_code, data)
        if taken:
            charge_account(db, row.id, amount, f"expired {row.credit_expires_at:%Y-%m-%d}")
    return len(rows)
