"""Raw records become rated calls: record, ledger and balances in one transaction, exactly once.

A worker locks a batch of raw records, which others skip (SKIP LOCKED), and commits their new state
together with the money. Any number of workers may run, and one that is killed leaves nothing half
done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from sippulse_ws.charging.calendar import CLOCKS_DIFFER, quota_day
from sippulse_ws.charging.owners import CallOwners
from sippulse_ws.charging.postings import Postings, find_holds
from sippulse_ws.charging.rate_book import RateBook
from sippulse_ws.charging.rated_call import NO_SUCH_ACCOUNT, REMOVED_ACCOUNT, RatedCall, rate_call
from sippulse_ws.charging.records import RecordKey, find_records, record_key, store_records
from sippulse_ws.charging.rows import GatewayRow, HoldRow, KnownRecord, RawCallRow
from sippulse_ws.charging.terms import rated_number, tables_of
from sippulse_ws.db import Database
from sippulse_ws.db.connections.failures import is_repeatable
from sippulse_ws.db.statements import Session
from sippulse_ws.domain import events
from sippulse_ws.domain.call_records import Snapshots
from sippulse_ws.domain.local_time import find_timezone
from sippulse_ws.models import Gateway, Provider, RawCall

NEW, RATED, UNRATED = 0, 1, 2
BATCH = 200
DUPLICATE = "recorded already"
_TRIES = 20  # of a batch that runs into others' locks

_RAW = select(*RawCall.__table__.columns)
_GATEWAYS = select(
    Gateway.id,
    Gateway.address,
    Gateway.name,
    Gateway.rate_id,
    Gateway.provider_id,
    Provider.name.label("provider_name"),
    Provider.tx_connection,
    Provider.cadency,
).join(Provider, Provider.id == Gateway.provider_id)


_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class RatingWorker:
    """Rates raw records, a batch at a time."""

    def __init__(self, timezone: str | None = None, *, tells_calls: bool = False) -> None:
        """`timezone` is the setting; with `tells_calls` each rated call emits an event."""
        self._timezone = timezone
        self._tells_calls = tells_calls
        self._snapshots = Snapshots()

    def run(self, database: Database, size: int = BATCH) -> bool:
        """Rate a batch; returns whether there may be more. Lost races are tried again."""
        for attempt in range(_TRIES):
            try:
                with database.writing() as db:
                    return self.rate_batch(db, size) == size
            except DBAPIError as error:
                self._snapshots.forget()
                lost_race = isinstance(error, IntegrityError) or is_repeatable(error)
                if not lost_race or attempt == _TRIES - 1:
                    raise
        return False

    def rate_batch(self, db: Session, size: int = BATCH) -> int:
        """Rate up to `size` new records in this transaction; returns how many."""
        raws = db.execute(_oldest(size)).all()
        if raws:
            self._rate(db, raws)
        return len(raws)

    def _rate(self, db: Session, raws: Sequence[RawCallRow]) -> None:
        zone, now = find_timezone(db, self._timezone), dt.datetime.now(dt.UTC)
        # a call that began after midnight by its proxy's clock begins the new day
        latest = min(max(raw.started for raw in raws), now + CLOCKS_DIFFER)
        counted = quota_day(db, max(now, latest), zone)
        holds = find_holds(db, {raw.hold_id for raw in raws if raw.hold_id is not None})
        known = find_records(db, raws)
        calls = price_calls(db, raws, holds)
        _mark_duplicates(calls, known)
        postings = Postings(db, calls, holds.values())
        store_records(db, calls, known, self._snapshots, zone)
        postings.post(calls, zone, now, counted)
        if self._tells_calls:
            _tell(db, calls)
        _finish(db, calls, now)


def price_calls(
    db: Session, raws: Sequence[RawCallRow], holds: Mapping[int, HoldRow]
) -> list[RatedCall]:
    """Price raw records by present plans and rates, or by their holds; nothing is written."""
    owners = CallOwners(db, raws, holds)
    gateways = _load_gateways(db, {raw.gateway_id for raw in raws if raw.gateway_id is not None})
    book = RateBook()
    wanted = set()
    for raw in raws:
        account = owners.of(raw)
        if account is not None:
            number = rated_number(raw.number)
            wanted |= {(table, number) for table in tables_of(account)}
            gateway = _of(gateways, raw.gateway_id)
            if gateway is not None and gateway.rate_id is not None:
                wanted.add(((account.domain, gateway.rate_id), number))
    book.load(db, wanted)
    calls = [
        rate_call(raw, owners.of(raw), _of(gateways, raw.gateway_id), _of(holds, raw.hold_id), book)
        for raw in raws
    ]
    for call in calls:
        if call.missing == NO_SUCH_ACCOUNT and owners.was_removed(call.raw):
            call.missing = REMOVED_ACCOUNT
    return calls


def _of(found: Mapping[_Key, _Value], key: _Key | None) -> _Value | None:
    return None if key is None else found.get(key)


def _oldest(size: int) -> Select[Any]:
    query = _RAW.where(RawCall.state == NEW).order_by(RawCall.id).limit(size)
    return query.with_for_update(skip_locked=True)


def _load_gateways(db: Session, ids: set[int]) -> dict[int, GatewayRow]:
    if not ids:
        return {}
    return {row.id: row for row in db.execute(_GATEWAYS.where(Gateway.id.in_(sorted(ids))))}


def _mark_duplicates(calls: Sequence[RatedCall], known: Mapping[RecordKey, KnownRecord]) -> None:
    """Mark calls that have a priced record; one without a price may still get it."""
    seen: dict[RecordKey, RatedCall] = {}
    for call in sorted(calls, key=lambda one: (one.missing is not None, one.raw.id)):
        key = record_key(call.raw)
        before = known.get(key)
        priced_already = before is not None and (
            before.price is not None or (call.missing and before.raw_id != call.raw.id)
        )
        if key in seen or priced_already:
            call.duplicate = True
        seen.setdefault(key, call)


def _tell(db: Session, calls: Sequence[RatedCall]) -> None:
    rows = [
        events.event_row(events.CALL_RATED, call.raw.account, _told(call))
        for call in calls
        if call.raw.account and not call.duplicate and call.price is not None
    ]
    if rows:
        events.EMIT.run_many(db, rows)


def _told(call: RatedCall) -> dict[str, Any]:
    return {
        "call_id": call.raw.call_id,
        "started": call.raw.started,
        "duration": call.seconds,
        "number": call.raw.number,
        "service": call.service,
        "price": call.price,
    }


def _finish(db: Session, calls: Sequence[RatedCall], now: dt.datetime) -> None:
    ends: dict[tuple[int, str | None], list[RatedCall]] = {}
    for call in calls:
        reason = DUPLICATE if call.duplicate else call.missing
        # a duplicate needs no rating later
        state = UNRATED if call.missing and not call.duplicate else RATED
        ends.setdefault((state, reason), []).append(call)
    for (state, reason), some in ends.items():
        times = [call.raw.started for call in some]
        db.execute(
            update(RawCall)
            .where(
                RawCall.id.in_([call.raw.id for call in some]),
                RawCall.started.between(min(times), max(times)),
            )
            .values(state=state, reason=reason, rated_at=now)
        )
