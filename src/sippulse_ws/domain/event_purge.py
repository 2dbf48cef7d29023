"""Which events are kept no longer: old ones that everybody was told, late ones of the forgotten."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, func, select

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.webhooks import FORGOTTEN, PATIENCE, WAITING
from sippulse_ws.models import Event, EventDelivery

KEPT = dt.timedelta(days=7)  # events that nobody waits for
_LOOKED_AT = 500  # events of one transaction


@dataclass(frozen=True, slots=True)
class PurgePlace:
    """How far the events were gone through, from the oldest on."""

    told: int = 0  # the last event looked at in this round
    late: int = 0  # the last one that was found old enough to be late
    more: bool = False  # whether there may be more to delete at once


def purge_events(db: Session, place: PurgePlace) -> PurgePlace:
    """Delete what is to go of the next 500 old events; where to go on."""
    told, more_told = _drop_told(db, place.told)
    late, more_late = _drop_late(db, place.late)
    return PurgePlace(told, late, more_told or more_late)


def _drop_told(db: Session, after: int) -> tuple[int, bool]:
    """Of events older than KEPT those that nobody waits for.

    Each round begins anew: only what is waited for is left of the one before.
    """
    old = _read_old(db, after, KEPT, Event.dispatched)
    waited_for = select(EventDelivery.event_id).where(
        EventDelivery.event_id.in_([one.id for one in old]), EventDelivery.state == WAITING
    )
    waiting = set(db.execute(waited_for).scalars()) if old else set()
    _drop(db, (one.id for one in old if one.marked and one.id not in waiting))
    more = len(old) == _LOOKED_AT
    return old[-1].id if more else 0, more


def _drop_late(db: Session, after: int) -> tuple[int, bool]:
    """Events of the forgotten that are older than PATIENCE, whoever waits for them.

    One look at each is enough: `subscriber forget` deletes the older ones itself.
    """
    old = _read_old(db, after, PATIENCE, Event.data.contains(FORGOTTEN))
    _drop(db, (one.id for one in old if one.marked))
    if old:
        return old[-1].id, len(old) == _LOOKED_AT
    # SQLite numbers anew after its last row is deleted
    last = db.scalar(select(func.max(Event.id))) or 0
    return (after if last >= after else 0), False


def _read_old(db: Session, after: int, age: dt.timedelta, marked: Any) -> Sequence[Row[Any]]:
    """Of the next events those up to the first that is too young: there is no index by time."""
    columns = Event.id, Event.at, marked.label("marked")
    these = select(*columns).where(Event.id > after).order_by(Event.id).limit(_LOOKED_AT)
    rows = db.execute(these).all()
    before = dt.datetime.now(dt.UTC) - age
    young = (place for place, one in enumerate(rows) if one.at >= before)
    return rows[: next(young, len(rows))]


def _drop(db: Session, events: Iterable[int]) -> None:
    if ids := list(events):
        db.execute(delete(EventDelivery).where(EventDelivery.event_id.in_(ids)))
        db.execute(delete(Event).where(Event.id.in_(ids)))
