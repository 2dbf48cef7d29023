"""The operator's clock: SIPPULSE_TIMEZONE, and moments in it.

Proxies and our tables of money keep UTC. What integrators read (`call_start_time`, `time`) is the
operator's, and so are the days and months of quotas, fees and statistics.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.stored_settings import TIMEZONE, find_stored


def check_timezone(name: str) -> str:
    """ValueError for what is no name of the time zone database."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("not a time zone such as America/Sao_Paulo or UTC") from None
    return name


def find_timezone(db: Session, setting: str | None) -> ZoneInfo:
    """The zone of the setting, or else the installation's."""
    return ZoneInfo(setting or find_stored(db, TIMEZONE) or "UTC")


def wall_time(moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """What a clock in the zone shows at a moment, to the second and without a zone."""
    return moment.astimezone(zone).replace(tzinfo=None, microsecond=0)


def local_day(moment: dt.datetime, zone: ZoneInfo) -> dt.date:
    """The day that it is in the zone."""
    return moment.astimezone(zone).date()


def start_of_day(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The moment, in UTC, at which a day begins in the zone.

    Summer time began at midnight in Brazil: such a day begins at one o'clock.
    """
    midnight = dt.datetime.combine(day, dt.time(), zone)
    return midnight.astimezone(dt.UTC)


def start_of_month(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The moment, in UTC, at which the day's month begins in the zone."""
    return start_of_day(day.replace(day=1), zone)
