"""Accounts whose credit fell below their limit: each is notified once, by event and by mail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, delete, exists, func, insert, or_, select, update

from sippulse_ws.db.statements import Session
from sippulse_ws.domain import events
from sippulse_ws.domain.credit import SUBSCRIBER
from sippulse_ws.models import CreditLedger, LowCreditNotice, RatePlan, Subscriber

_AT_ONCE = 500
# Seconds between tries of a mail; the last pause repeats until three days are over.
_PAUSES = (60, 300, 900, 3600, 14400)
_PATIENCE = dt.timedelta(days=3)


def find_low_credit(db: Session) -> int:
    """Store notices for accounts whose balance fell below their limit; returns how many.

    An account is notified again only after a top-up, and never before its first credit.
    """
    topped_up = exists().where(
        CreditLedger.kind == SUBSCRIBER,
        CreditLedger.account_id == Subscriber.id,
        CreditLedger.id > LowCreditNotice.ledger_id,
        CreditLedger.value > Decimal(0),
        CreditLedger.corrects_id.is_(None),
    )
    newest = (
        select(func.max(CreditLedger.id))
        .where(CreditLedger.kind == SUBSCRIBER, CreditLedger.account_id == Subscriber.id)
        .scalar_subquery()
    )
    rows = db.execute(
        select(
            Subscriber.id,
            Subscriber.account_code,
            Subscriber.credit,
            Subscriber.low_credit_limit,
            newest.label("ledger_id"),
        )
        .join(RatePlan, RatePlan.id == Subscriber.rate_plan_id)
        .outerjoin(LowCreditNotice, LowCreditNotice.subscriber_id == Subscriber.id)
        .where(
            Subscriber.low_credit_notification,
            RatePlan.prepaid,
            Subscriber.credit < Subscriber.low_credit_limit,
            or_(LowCreditNotice.subscriber_id.is_(None), topped_up),
            newest.is_not(None),
        )
        .order_by(Subscriber.id)
        .limit(_AT_ONCE)
    ).all()
    _note(db, rows)
    return len(rows)


def _note(db: Session, rows: Sequence[Row[Any]]) -> None:
    now = dt.datetime.now(dt.UTC)
    for row in rows:
        db.execute(delete(LowCreditNotice).where(LowCreditNotice.subscriber_id == row.id))
        db.execute(
            insert(LowCreditNotice).values(
                subscriber_id=row.id, ledger_id=row.ledger_id, at=now, due_at=now
            )
        )
        data = {"credit": row.credit, "limit": row.low_credit_limit}
        events.emit(db, events.CREDIT_LOW, row.account_code, data)


def find_due_mails(db: Session, limit: int = 50) -> Sequence[Row[Any]]:
    """Notices whose mail is due."""
    now = dt.datetime.now(dt.UTC)
    return db.execute(
        select(
            Subscriber.id,
            Subscriber.account_code,
            Subscriber.first_name,
            Subscriber.email_address,
            Subscriber.credit,
            Subscriber.low_credit_limit,
            LowCreditNotice.at,
            LowCreditNotice.attempts,
        )
        .join(LowCreditNotice, LowCreditNotice.subscriber_id == Subscriber.id)
        .where(
            LowCreditNotice.mailed_at.is_(None),
            LowCreditNotice.due_at <= now,
            LowCreditNotice.at >= now - _PATIENCE,
            Subscriber.email_address.is_not(None),
            Subscriber.email_address != "",
        )
        .order_by(LowCreditNotice.due_at)
        .limit(limit)
    ).all()


def note_mailed(db: Session, subscriber_id: int) -> None:
    now = dt.datetime.now(dt.UTC)
    _change(db, subscriber_id, mailed_at=now, error=None)


def note_not_mailed(db: Session, notice: Row[Any], error: str) -> None:
    """Store why the mail could not be sent, and when to try again."""
    pause = _PAUSES[min(notice.attempts, len(_PAUSES) - 1)]
    due = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=pause)
    values: dict[str, Any] = {"attempts": notice.attempts + 1, "due_at": due}
    _change(db, notice.id, **values, error=error[:255])


def _change(db: Session, subscriber_id: int, **values: Any) -> None:
    same = LowCreditNotice.subscriber_id == subscriber_id
    db.execute(update(LowCreditNotice).where(same).values(values))
