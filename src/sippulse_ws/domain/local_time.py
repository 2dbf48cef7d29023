"""The operator's time zone, SIPPULSE_TIMEZONE, and times in it.

Proxies and the ledger store UTC. What integrators read (`call_start_time`, `time`) is in the
operator's zone, and so are the days and months of quotas, fees and statistics.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.stored_settings import TIMEZONE, find_stored


def check_timezone(name: str) -> str:
    """Raise ValueError if the name is not in the time zone database."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("not a time zone such as America/Sao_Paulo or UTC") from None
    return name


def find_timezone(db: Session, setting: str | None) -> ZoneInfo:
    """The setting's zone, or else the one stored in the database."""
    return ZoneInfo(setting or find_stored(db, TIMEZONE) or "UTC")


def wall_time(moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """The local time in the zone at a moment, to the second, as a naive datetime."""
    return moment.astimezone(zone).replace(tzinfo=None, microsecond=0)


def local_day(moment: dt.datetime, zone: ZoneInfo) -> dt.date:
    """The day in the zone at a moment."""
    return moment.astimezone(zone).date()


def start_of_day(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The moment, in UTC, at which a day begins in the zone.

    In Brazil summer time began at midnight: such a day begins at one o'clock.
    """
    midnight = dt.datetime.combine(day, dt.time(), zone)
    return midnight.astimezone(dt.UTC)


def start_of_month(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The moment, in UTC, at which the day's month begins in the zone."""
    return start_of_day(day.replace(day=1), zone)
