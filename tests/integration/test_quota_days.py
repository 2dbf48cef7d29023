"""A call counts in the quotas of its day, whichever job comes first after midnight."""

import datetime as dt
import threading
from collections.abc import Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from sippulse_ws.charging import rating
from sippulse_ws.charging.calendar import (
    QUOTAS,
    find_quota_day,
    quota_day,
    reset_quotas,
    zone_today,
)
from sippulse_ws.charging.rating import RatingWorker
from sippulse_ws.db import Database
from sippulse_ws.db.schema.migrate import upgrade
from sippulse_ws.domain.local_time import find_timezone
from sippulse_ws.domain.stored_settings import CHARGING, store_setting
from sippulse_ws.models import DailyTask, RawCall, Subscriber
from tests.factories.platform import Platform
from tests.factories.raw_calls import raw_call

ZONE = ZoneInfo("America/Sao_Paulo")
# the end of a month in the zone, which is no midnight in UTC
LAST = dt.date(2026, 3, 31)
MIDNIGHT = dt.datetime(2026, 4, 1, tzinfo=ZONE).astimezone(dt.UTC)
MINUTE, SECOND = dt.timedelta(minutes=1), dt.timedelta(seconds=1)


class Quotas:
    """An account whose calls cost 0.18 each, and a clock."""

    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.database = Database(url)
        self.worker = RatingWorker("America/Sao_Paulo")
        self._monkeypatch = monkeypatch
        upgrade(self.database)
        with self.database.writing() as db:
            store_setting(db, CHARGING, "on")
            platform = Platform(db)
            plan = platform.rate_plan(prepaid=True)
            platform.rate("55", rate_value=Decimal("0.18"))
            platform.subscriber(rate_plan_id=plan)
            values: dict[str, Any] = {}
            for name in ("daily_quota", "monthly_quota"):
                values |= {name: True, f"{name}_type": "V", f"{name}_limit": Decimal(9)}
            db.execute(sa.update(Subscriber).values(values))

    def clock(self, now: dt.datetime) -> None:
        told = SimpleNamespace(now=lambda _zone: now)
        self._monkeypatch.setattr(rating, "dt", SimpleNamespace(datetime=told, UTC=dt.UTC))

    def begin(self, day: dt.date) -> None:
        with self.database.writing() as db:
            db.execute(sa.insert(DailyTask).values(name=QUOTAS, day=day))

    def call(self, started: dt.datetime) -> None:
        with self.database.writing() as db:
            raw_call(db, started=started)

    def rate(self, now: dt.datetime) -> None:
        self.clock(now)
        while self.worker.run(self.database):
            pass

    def day(self) -> dt.date | None:
        with self.database.reading() as db:
            return find_quota_day(db)

    def used(self) -> tuple[int, int]:
        """Calls that were counted in the daily and in the monthly quota."""
        columns = Subscriber.daily_quota_consumed, Subscriber.monthly_quota_consumed
        with self.database.reading() as db:
            daily, monthly = db.execute(sa.select(*columns)).one()
        return int(daily / Decimal("0.18")), int(monthly / Decimal("0.18"))


@pytest.fixture
def quotas(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Quotas]:
    made = Quotas(empty_database_url, monkeypatch)
    yield made
    made.database.close()


def test_the_zones_midnight_ends_the_day_and_the_month(quotas: Quotas) -> None:
    quotas.begin(LAST)
    quotas.call(MIDNIGHT - 30 * MINUTE)  # in UTC the next month has begun
    quotas.rate(MIDNIGHT - SECOND)
    assert (quotas.used(), quotas.day()) == ((1, 1), LAST)
    quotas.call(MIDNIGHT - SECOND)
    quotas.call(MIDNIGHT)
    quotas.rate(MIDNIGHT + MINUTE)
    assert (quotas.used(), quotas.day()) == ((1, 1), LAST + dt.timedelta(days=1))


@pytest.mark.parametrize("job_is_first", [True, False])
def test_the_day_changes_in_the_middle_of_a_batch(
    quotas: Quotas, monkeypatch: pytest.MonkeyPatch, job_is_first: bool
) -> None:
    """The reset waits for the batch, or the batch counts as the reset says: none is lost, and no
    call of the old day counts in the new one."""
    quotas.begin(LAST)
    quotas.call(MIDNIGHT - MINUTE)
    price, reset = rating.price_calls, threading.Thread(target=begin_day, args=(quotas,))

    def interrupted(*arguments: Any) -> Any:
        reset.start()
        reset.join(0.5)  # the old way it came between, and the batch counted after it
        return price(*arguments)

    monkeypatch.setattr(rating, "price_calls", interrupted)
    if job_is_first:
        begin_day(quotas)
        quotas.call(MIDNIGHT + SECOND)
    quotas.rate(MIDNIGHT + 2 * SECOND if job_is_first else MIDNIGHT - SECOND)
    reset.join()
    assert quotas.used() == ((1, 1) if job_is_first else (0, 0))


def begin_day(quotas: Quotas) -> None:
    with quotas.database.writing() as db:
        quota_day(db, MIDNIGHT + SECOND, ZONE)


def test_a_clock_a_little_behind_the_one_that_began_the_day(quotas: Quotas) -> None:
    """Another server's, or one that was put back by a minute: the day that began stays begun."""
    quotas.begin(LAST)
    quotas.rate(MIDNIGHT - MINUTE)
    begin_day(quotas)
    quotas.call(MIDNIGHT - 2 * MINUTE)
    quotas.call(MIDNIGHT + SECOND)  # by a proxy's clock, which begins the day
    quotas.rate(MIDNIGHT - MINUTE)
    assert (quotas.used(), quotas.day()) == ((1, 1), LAST + dt.timedelta(days=1))


def test_a_proxys_clock_ahead_begins_the_day_and_the_batch_keeps_to_it(quotas: Quotas) -> None:
    quotas.begin(LAST)
    quotas.call(MIDNIGHT - MINUTE)
    quotas.call(MIDNIGHT + SECOND)
    quotas.rate(MIDNIGHT - SECOND)
    assert (quotas.used(), quotas.day()) == ((1, 1), LAST + dt.timedelta(days=1))


def test_a_clock_that_jumped_ahead_and_back_loses_no_use_of_the_day(quotas: Quotas) -> None:
    quotas.begin(LAST)
    quotas.call(MIDNIGHT - 600 * MINUTE)
    quotas.rate(MIDNIGHT - 599 * MINUTE)
    with quotas.database.writing() as db:  # ahead by a day: what was used is gone
        quota_day(db, MIDNIGHT + 600 * MINUTE, ZONE)
    assert quotas.used() == (0, 0)
    quotas.call(MIDNIGHT - 590 * MINUTE)
    quotas.rate(MIDNIGHT - 589 * MINUTE)
    assert (quotas.used(), quotas.day()) == ((1, 1), LAST)
    begin_day(quotas)  # at its midnight the next one begins all the same
    assert quotas.used() == (0, 0)


def test_what_a_proxy_dates_into_a_far_future_counts_today(quotas: Quotas) -> None:
    quotas.begin(LAST)
    quotas.call(MIDNIGHT + dt.timedelta(days=4000))
    quotas.rate(MIDNIGHT - SECOND * 600)
    assert (quotas.used(), quotas.day()) == ((1, 1), LAST)
    with quotas.database.reading() as db:
        assert db.scalar(sa.select(RawCall.state)) == rating.RATED


@pytest.mark.parametrize(("charging", "used"), [("on", "0.18"), ("off", "5.18")])
def test_rating_after_a_down_time_over_midnight(
    empty_database_url: str, charging: str, used: str
) -> None:
    database = Database(empty_database_url)
    upgrade(database)
    with database.writing() as db:
        store_setting(db, CHARGING, charging)
        platform = Platform(db)
        plan = platform.rate_plan(prepaid=True)
        platform.rate("55", rate_value=Decimal("0.18"))
        platform.subscriber(rate_plan_id=plan)
        quota = {"daily_quota": True, "daily_quota_type": "V", "daily_quota_limit": Decimal(9)}
        used_before = {"daily_quota_consumed": Decimal(5)}
        db.execute(sa.update(Subscriber).values(quota | used_before))
        today = zone_today(find_timezone(db, None))
        db.execute(sa.insert(DailyTask).values(name=QUOTAS, day=today - dt.timedelta(days=1)))
        raw_call(db, started=dt.datetime.now(dt.UTC))
    worker = RatingWorker()
    worker.run(database)
    with database.writing() as db:
        found = db.scalar(sa.select(Subscriber.daily_quota_consumed))
        assert found == Decimal(used)
        if charging == "on":
            assert not reset_quotas(db, today)  # its day is begun, nothing is taken away again
            assert db.scalar(sa.select(Subscriber.daily_quota_consumed)) == found
    database.close()
