"""Frees money held for calls that are over and of which no record came.

Their proxy was killed while they rang, did not come back, or said that it has no such call. The
proxy extends or ends a live call before its hold is used up, so a hold that was used up long ago
belongs to no call. Holds of calls whose record waits to be rated are left to rating.
"""

from __future__ import annotations

import datetime as dt
import logging

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update

from sippulse_ws.charging.rating import NEW
from sippulse_ws.db import Database, Session
from sippulse_ws.models import CallHold, RawCall, Reseller, Subscriber

log = logging.getLogger(__name__)

RINGING = dt.timedelta(minutes=10)  # no phone rings as long
OVER = dt.timedelta(minutes=5)  # time for a proxy to restart
LOST = dt.timedelta(seconds=15)  # time for a record to arrive
RECORDED = dt.timedelta(hours=1)  # the call ended, and its record was deleted
_BATCH = 100


def free_dead(database: Database) -> bool:
    """Free one batch of dead holds; returns whether there may be more."""
    with database.reading() as db:
        dead = _is_dead(_now(db))
        found = db.execute(select(CallHold.id).where(dead).limit(_BATCH)).all()
    for row in found:
        with database.writing() as db:
            release_hold(db, row.id, dead)
    return len(found) == _BATCH


def _now(db: Session) -> dt.datetime:
    """The database's clock, by which holds are dated; this host's may differ by seconds."""
    if db.is_sqlite:
        return dt.datetime.now(dt.UTC)
    now: dt.datetime = db.execute(select(func.utc_timestamp(6))).scalar_one()
    return now.replace(tzinfo=dt.UTC)


def _is_dead(now: dt.datetime) -> ColumnElement[bool]:
    waits = exists().where(RawCall.call_id == CallHold.call_id, RawCall.state == NEW)
    return or_(
        CallHold.ended_at.is_(None)
        & or_(
            func.coalesce(CallHold.due_at, CallHold.cut_at) < now - OVER,
            CallHold.answered_at.is_(None) & (CallHold.created_at < now - RINGING),
            CallHold.lost_at < now - LOST,
        ),
        (CallHold.ended_at < now - RECORDED) & ~waits,
    )


def release_hold(db: Session, hold_id: int, *still: ColumnElement[bool]) -> None:
    """Delete a hold and free its money, if it is still there and meets the conditions `still`.

    Rows are locked in the order in which admission locks them.
    """
    whole = select(CallHold.subscriber_id, CallHold.reseller_id).where(CallHold.id == hold_id)
    owners = db.execute(whole).first()
    if owners is None:
        return
    for owner, owner_id in ((Subscriber, owners.subscriber_id), (Reseller, owners.reseller_id)):
        db.execute(select(owner.id).where(owner.id == owner_id).with_for_update()).first()
    query = select(*CallHold.__table__.columns).where(CallHold.id == hold_id, *still)
    hold = db.execute(query.with_for_update()).first()
    if hold is None:
        return  # rated or recorded meanwhile
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
        "hold freed, nothing is charged for it: account %s, number %s, amount %s, call %s, "
        "proxy %s",
        *(hold.account, hold.number, hold.amount, hold.call_id, hold.proxy),
    )
