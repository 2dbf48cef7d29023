"""What is due when a day or month begins in the operator's time zone: quotas, fees, statistics.

Each is done once for a day or month, late if the process was down when it began.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, case, delete, exists, func, insert, select, update

from sippulse_ws.charging.charges import charge_account
from sippulse_ws.db import Database
from sippulse_ws.db.statements import Session
from sippulse_ws.domain.local_time import local_day
from sippulse_ws.domain.stored_settings import charging_is_on
from sippulse_ws.models import (
    AccountGroup,
    AccountGroupMember,
    Cdr,
    DailyStatistics,
    DailyTask,
    Did,
    DidFee,
    Subscriber,
)

QUOTAS, FEES, STATISTICS = "quotas", "did fees", "statistics"
FEES_AT_ONCE = 100
# Statistics of the last days are computed anew each time, since records may come late.
STATISTICS_DAYS = 3
# How far the clocks of servers and proxies may differ around midnight.
CLOCKS_DIFFER = dt.timedelta(minutes=5)
_DAY = dt.timedelta(days=1)
_QUOTA_DAY = select(DailyTask.day).where(DailyTask.name == QUOTAS)


def reset_quotas(db: Session, today: dt.date) -> bool:
    """Set the use of daily and monthly quotas to zero if a new day or month has begun.

    Returns whether a day had begun.
    """
    last = _last_day(db, QUOTAS, today)
    if last >= today:
        return False
    used = Subscriber.daily_quota_consumed != Decimal(0)
    db.execute(update(Subscriber).where(used).values(daily_quota_consumed=Decimal(0)))
    if first_of(last) < first_of(today):
        used = Subscriber.monthly_quota_consumed != Decimal(0)
        db.execute(update(Subscriber).where(used).values(monthly_quota_consumed=Decimal(0)))
    _set_day(db, QUOTAS, today)
    return True


def quota_day(db: Session, moment: dt.datetime, zone: ZoneInfo) -> dt.date:
    """The day that the quotas' counters belong to; locked until the transaction ends.

    If a new day has begun, the counters are reset first. If a clock was ahead and they were reset
    too early, they keep their values and belong to today, so that tomorrow resets them in time.
    """
    today = local_day(moment, zone)
    last = find_quota_day(db)
    early = last is not None and last > local_day(moment + CLOCKS_DIFFER, zone)
    if (last is None or last < today or early) and charging_is_on(db):
        last = _last_day(db, QUOTAS, today)
        if last < today:
            reset_quotas(db, today)
        elif last > local_day(moment + CLOCKS_DIFFER, zone):
            _set_day(db, QUOTAS, today)
        else:
            return last
        return today
    counted: dt.date | None = db.scalar(_QUOTA_DAY.with_for_update(read=True))
    return counted or today


def find_quota_day(db: Session) -> dt.date | None:
    """The day that the quotas' counters belong to; None if they were never reset."""
    found: dt.date | None = db.scalar(_QUOTA_DAY)
    return found


def charge_fees(database: Database, today: dt.date, *, charging: bool) -> int:
    """Charge each assigned DID's monthly fee for the months that have begun; returns how many fees.

    Months that were missed are charged too. Months that begin while charging is off have no fees.
    """
    with database.writing() as db:
        last = _last_day(db, FEES, first_of(today))
        if not charging:
            _set_day(db, FEES, first_of(today))
            return 0
    count = 0
    for month in _months_after(last, first_of(today)):
        while charged := _charge_some(database, month):
            count += charged
        with database.writing() as db:
            _set_day(db, FEES, month)
    return count


def make_statistics(db: Session, today: dt.date) -> int:
    """Write the statistics of the last complete days; returns the number of rows."""
    count = 0
    for back in range(1, STATISTICS_DAYS + 1):
        count += _statistics_of(db, today - back * _DAY)
    return count


def first_of(day: dt.date) -> dt.date:
    return day.replace(day=1)


def _charge_some(database: Database, month: dt.date) -> int:
    with database.writing() as db:
        fees = list(_due_fees(db, month))
        for did in fees:
            values = {"did_id": did.id, "month": month, "subscriber_id": did.payer_id}
            obs = f"DID {did.alias_username} {month:%Y-%m}"
            taken = charge_account(db, did.payer_id, did.monthly_subscription, obs)
            value = did.monthly_subscription if taken else Decimal(0)
            db.execute(insert(DidFee).values(**values, value=value))
        return len(fees)


def _due_fees(db: Session, month: dt.date) -> Iterator[Row[Any]]:
    paid = exists().where(DidFee.did_id == Did.id, DidFee.month == month)
    yield from db.execute(
        select(
            Did.id,
            Did.alias_username,
            Did.monthly_subscription,
            func.coalesce(AccountGroup.manager_id, Did.subscriber_id).label("payer_id"),
        )
        .outerjoin(AccountGroupMember, AccountGroupMember.subscriber_id == Did.subscriber_id)
        .outerjoin(AccountGroup, AccountGroup.id == AccountGroupMember.account_group_id)
        .where(Did.subscriber_id.is_not(None), Did.monthly_subscription > Decimal(0), ~paid)
        .order_by("payer_id", Did.id)
        .limit(FEES_AT_ONCE)
    ).all()


def _months_after(last: dt.date, month: dt.date) -> Iterator[dt.date]:
    while last < month:
        last = first_of(last + 31 * _DAY)
        yield last


def _statistics_of(db: Session, day: dt.date) -> int:
    begin = dt.datetime.combine(day, dt.time())
    db.execute(delete(DailyStatistics).where(DailyStatistics.day == day))
    service = func.coalesce(Cdr.service, "")
    rows = db.execute(
        select(
            Subscriber.account_code,
            service.label("service"),
            func.count().label("calls"),
            func.sum(Cdr.duration).label("seconds"),
            func.sum(Cdr.price).label("price"),
            func.sum(case((Cdr.price.is_(None), 1), else_=0)).label("unrated"),
        )
        .join(Subscriber, Subscriber.account_code == Cdr.accountcode)
        .where(
            Subscriber.daily_statistics,
            Cdr.call_start_time >= begin,
            Cdr.call_start_time < begin + _DAY,
        )
        .group_by(Subscriber.account_code, service)
    ).all()
    for row in rows:
        db.execute(
            insert(DailyStatistics).values(
                day=day,
                account_code=row.account_code,
                service=row.service,
                calls=row.calls,
                seconds=int(row.seconds),
                price=row.price or Decimal(0),
                unrated=int(row.unrated),
            )
        )
    return len(rows)


def _last_day(db: Session, name: str, today: dt.date) -> dt.date:
    """The day last done, locked until the transaction ends; today if it was never done before."""
    query = select(DailyTask.day).where(DailyTask.name == name).with_for_update()
    last: dt.date | None = db.scalar(query)
    if last is None:
        db.execute(insert(DailyTask).values(name=name, day=today))
        return today
    return last


def _set_day(db: Session, name: str, day: dt.date) -> None:
    db.execute(update(DailyTask).where(DailyTask.name == name).values(day=day))


def zone_today(zone: ZoneInfo) -> dt.date:
    """Today in the operator's time zone."""
    return dt.datetime.now(zone).date()
