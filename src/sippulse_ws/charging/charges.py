"""Charges to a subscriber's balance that no administrator made: fees, expired credit."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import update

from sippulse_ws.charging.postings import LEDGER_ROW, NOBODY, lock_accounts
from sippulse_ws.db.statements import Session
from sippulse_ws.domain import events
from sippulse_ws.domain.credit import SUBSCRIBER
from sippulse_ws.models import Subscriber
from sippulse_ws.models.types import MONEY_LIMIT


def charge_account(db: Session, subscriber_id: int, amount: Decimal, obs: str) -> bool:
    """Charge an amount, with a ledger row; False if the account is gone or would overflow."""
    row = lock_accounts(db, Subscriber, [subscriber_id]).get(subscriber_id)
    if row is None or row.credit - amount <= -MONEY_LIMIT:
        return False
    balance = row.credit - amount
    LEDGER_ROW.run(
        db,
        at=dt.datetime.now(dt.UTC),
        kind=SUBSCRIBER,
        account_id=subscriber_id,
        account=row.account_code,
        value=-amount,
        balance=balance,
        obs=obs,
        administrator=NOBODY,
        raw_id=None,
        corrects_id=None,
    )
    same = Subscriber.id == subscriber_id
    db.execute(update(Subscriber).where(same).values(credit=Subscriber.credit - amount))
    if row.credit > 0 >= balance:
        events.emit(db, events.CREDIT_ENDED, row.account_code, {"credit": balance})
    return True
