"""A call counts in the quotas of its day, whichever job comes first after midnight."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from sippulse_ws.charging.calendar import QUOTAS, reset_quotas, zone_today
from sippulse_ws.charging.rating import RatingWorker
from sippulse_ws.db import Database
from sippulse_ws.db.schema.migrate import upgrade
from sippulse_ws.domain.local_time import find_timezone
from sippulse_ws.domain.stored_settings import CHARGING, store_setting
from sippulse_ws.models import DailyTask, Subscriber
from tests.factories.platform import Platform
from tests.factories.raw_calls import raw_call


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
