"""Frees the money of calls that are over and of which no record came.

Their proxy was killed while they rang, or did not come back. A call that lives is lengthened or cut
by its proxy before its hold is over, so one that is over for long belongs to no call.
"""

from __future__ import annotations

import datetime as dt
import logging

from sqlalchemy import delete, or_, select, update

from sippulse_ws.db import Database, Session
from sippulse_ws.models import CallHold, Reseller, Subscriber

log = logging.getLogger(__name__)

RINGING = dt.timedelta(minutes=10)  # longer than any phone rings
OVER = dt.timedelta(minutes=5)  # for a proxy that restarts
_BATCH = 100


def free_dead(database: Database) -> bool:
    """One batch; whether there may be more."""
    now = dt.datetime.now(dt.UTC)
    with database.reading() as db:
        found = db.execute(
            select(CallHold.id)
            .where(
                or_(
                    CallHold.cut_at < now - OVER,
                    CallHold.answered_at.is_(None) & (CallHold.created_at < now - RINGING),
                )
            )
            .limit(_BATCH)
        ).all()
    for row in found:
        with database.writing() as db:
            release_hold(db, row.id)
    return len(found) == _BATCH


def release_hold(db: Session, hold_id: int) -> None:
    """Give back what a hold keeps; rows are locked in the order of admission."""
    whole = select(CallHold.subscriber_id, CallHold.reseller_id).where(CallHold.id == hold_id)
    owners = db.execute(whole).first()
    if owners is None:
        return
    for owner, owner_id in ((Subscriber, owners.subscriber_id), (Reseller, owners.reseller_id)):
        db.execute(select(owner.id).where(owner.id == owner_id).with_for_update()).first()
    query = select(*CallHold.__table__.columns).where(CallHold.id == hold_id).with_for_update()
    hold = db.execute(query).first()
    if hold is None:
        return  # rated meanwhile
    db.execute(
        update(Subscriber)
        .where(Subscriber.id == hold.subscriber_id)
        .values(held=Subscriber.held - hold.amount)
    )
    db.execute(
        update(Reseller)
        .where(Reseller.id == hold.reseller_id)
        .values(held=Reseller.held - hold.reseller_amount)
    )
    db.execute(delete(CallHold).where(CallHold.id == hold_id))
    log.warning(
        "hold freed without a record: account %s, number %s, amount %s, call %s, proxy %s",
        *(hold.account, hold.number, hold.amount, hold.call_id, hold.proxy),
    )
