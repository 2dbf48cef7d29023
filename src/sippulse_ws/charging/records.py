"""Writes rated calls into `cdr`: new rows, and prices of rows that had none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, insert, select, update

from sippulse_ws.charging.rated_call import Priced, RatedCall, rating_words
from sippulse_ws.charging.rows import KnownRecord, RawCallRow, WholeRecord
from sippulse_ws.db.statements import Prepared, Session
from sippulse_ws.domain.call_records import Snapshots
from sippulse_ws.domain.local_time import wall_time
from sippulse_ws.models import Cdr
from sippulse_ws.models.types import WallTime

_COLUMNS = [column for column in Cdr.__table__.columns if column.name != "id"]
_INSERT = Prepared(
    insert(Cdr).values({c.name: bindparam(c.name, type_=c.type) for c in _COLUMNS}),
)
_KEY = ("sip_call_id", "sip_from_tag", "sip_to_tag")
# The columns that rating again changes; who called whom and when stays.
_RATED = (
    "rate price accountcode service cdr_rate_plan_id cdr_reseller_id reseller_rateplan_id "
    "cdr_gateway_id cdr_provider_id matched_prefix matched_prefix_name reseller_rate "
    "reseller_price reseller_matched_prefix reseller_matched_prefix_name cost cost_price raw_id "
    "rating first_price first_reseller_price"
).split()
_UPDATE = Prepared(
    update(Cdr)
    .where(
        Cdr.id == bindparam("record_id"),
        Cdr.call_start_time == bindparam("record_time", type_=WallTime),
    )
    .values({name: bindparam(name, type_=Cdr.__table__.columns[name].type) for name in _RATED})
)
_DAY = dt.timedelta(days=1)

RecordKey = tuple[str, str, str]


def record_key(raw: RawCallRow) -> RecordKey:
    """The unique key of a call's record; a second leg has its own to-tag."""
    to_tag = raw.to_tag if not raw.leg else f"{raw.to_tag}-{raw.leg}"
    return raw.call_id, raw.from_tag, to_tag


def find_records(
    db: Session, raws: Sequence[RawCallRow], *, whole: bool = False
) -> dict[RecordKey, WholeRecord]:
    """Existing records of these calls, with all columns (`whole`) or those of KnownRecord."""
    # by time as well, so that few partitions are read
    times = [raw.started for raw in raws]
    needed = (*_KEY, "id", "call_start_time", "raw_id", "price")
    columns = Cdr.__table__.columns
    rows = db.execute(
        select(*columns if whole else (columns[name] for name in needed)).where(
            Cdr.sip_call_id.in_(sorted({raw.call_id for raw in raws})),
            Cdr.call_start_time.between(_naive(min(times) - _DAY), _naive(max(times) + _DAY)),
        )
    )
    return {(row.sip_call_id, row.sip_from_tag, row.sip_to_tag): row for row in rows}


def store_records(
    db: Session,
    calls: Sequence[RatedCall],
    known: Mapping[RecordKey, KnownRecord],
    snapshots: Snapshots,
    zone: ZoneInfo,
) -> None:
    """Insert the records of new calls, and write the prices of records that have none."""
    new, changed = [], []
    for call in calls:
        if call.duplicate:
            continue
        row = _rated(call)
        snapshots.refer(db, row)
        if before := known.get(record_key(call.raw)):
            changed.append(
                {name: row[name] for name in _RATED}
                | {"record_id": before.id, "record_time": before.call_start_time}
            )
        else:
            new.append(row | _call(call, zone))
    if new:
        _INSERT.run_many(db, new)
    if changed:
        _UPDATE.run_many(db, changed)


def rated_values(call: RatedCall, db: Session, snapshots: Snapshots) -> dict[str, Any]:
    """The columns of a record that rating changes, with their new values."""
    row = _rated(call)
    snapshots.refer(db, row)
    return {name: row[name] for name in _RATED}


def update_record(db: Session, record: KnownRecord, values: dict[str, Any]) -> None:
    """Write the columns of a new rating into a record."""
    _UPDATE.run(db, **values, record_id=record.id, record_time=record.call_start_time)


def _call(call: RatedCall, zone: ZoneInfo) -> dict[str, Any]:
    raw, account = call.raw, call.account
    call_id, from_tag, to_tag = record_key(raw)
    return {
        "call_start_time": wall_time(raw.started, zone),
        "src_uri": raw.src_uri,
        "dst_uri": raw.dst_uri,
        "caller_domain": raw.caller_domain or (account.domain if account else ""),
        "caller_id": raw.caller_id,
        "sip_call_id": call_id,
        "sip_from_tag": from_tag,
        "sip_to_tag": to_tag,
        "duration": call.seconds,
        "profile": raw.profile or (account.profile if account else None),
        "user_agent": raw.user_agent,
        "src_ip": raw.src_ip,
    }


def _rated(call: RatedCall) -> dict[str, Any]:
    """The rated columns, snapshots' columns included, for which `refer` puts their ids."""
    account, gateway = call.account, call.gateway
    plan = call.sale.by.plan if call.sale else (account.plan if account else None)
    reseller = account.reseller if account else None
    return {
        "rate": Decimal(0) if call.free else _of(call.sale, "rate"),
        "price": call.price,
        "accountcode": call.raw.account,
        "service": call.service,
        "rateplan_name": plan.name if plan else None,
        "rateplan_tx_conn": plan.tx_connection if plan else None,
        "rateplan_cadency": plan.cadency if plan else None,
        "rateplan_markup": plan.markup if plan else None,
        "rateplan_prepaid": plan.prepaid if plan else None,
        "rateplan_rateid": plan.rate_id if plan else None,
        "reseller_id": reseller.id if reseller else None,
        "reseller_name": reseller.name if reseller else None,
        "reseller_rateplan_id": reseller.plan.id if reseller and reseller.plan else None,
        "gwid": gateway.id if gateway else None,
        "gw_address": call.raw.gateway_address or (gateway.address if gateway else None),
        "gw_name": gateway.name if gateway else None,
        "gw_rateid": gateway.rate_id if gateway else None,
        "providerid": gateway.provider_id if gateway else None,
        "provider_name": gateway.provider_name if gateway else None,
        "provider_tx_conn": gateway.tx_connection if gateway else None,
        "provider_cadency": gateway.cadency if gateway else None,
        "matched_prefix": _matched(call.sale, "prefix"),
        "matched_prefix_name": _matched(call.sale, "name"),
        "reseller_rate": _of(call.reseller, "rate"),
        "reseller_price": call.reseller_price,
        "reseller_matched_prefix": _matched(call.reseller, "prefix"),
        "reseller_matched_prefix_name": _matched(call.reseller, "name"),
        "cost": _of(call.cost, "rate"),
        "cost_price": _of(call.cost, "price"),
        "raw_id": call.raw.id,
        "rating": rating_words(call),
        "first_price": call.price,
        "first_reseller_price": call.reseller_price,
    }


def _of(priced: Priced | None, name: str) -> Any:
    return getattr(priced, name) if priced else None


def _matched(priced: Priced | None, name: str) -> Any:
    return getattr(priced.by.rate, name) if priced else None


def _naive(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(tzinfo=None)
