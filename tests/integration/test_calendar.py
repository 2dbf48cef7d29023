"""What begins with a day or a month: quotas, fees of DIDs, statistics; once, also when late."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.charging.calendar import charge_fees, make_statistics, reset_quotas
from sippulse_ws.db import Session
from sippulse_ws.models import (
    AccountGroup,
    AccountGroupMember,
    CreditLedger,
    DailyStatistics,
    Did,
    Subscriber,
)
from tests.factories.platform import Platform
from tests.factories.raw_calls import balance, rate_all, raw_call
from tests.fixtures.app import TestDatabase

MARCH, LATE_MARCH = dt.date(2026, 3, 10), dt.date(2026, 3, 31)
ZERO, USED = Decimal(0), (Decimal(5), Decimal(50))
APRIL, JUNE = dt.date(2026, 4, 1), dt.date(2026, 6, 15)


def change(db: Session, username: str = "1000", **values: Any) -> None:
    db.execute(sa.update(Subscriber).where(Subscriber.username == username).values(values))


class TestQuotas:
    @pytest.fixture(autouse=True)
    def used(self, platform: Platform, db: Session) -> None:
        platform.subscriber("1000")
        self.use(db)

    def use(self, db: Session) -> None:
        change(db, daily_quota_consumed=Decimal(5), monthly_quota_consumed=Decimal(50))

    def left(self, db: Session) -> tuple[Decimal, Decimal]:
        columns = (Subscriber.daily_quota_consumed, Subscriber.monthly_quota_consumed)
        daily, monthly = db.execute(sa.select(*columns)).one()
        return daily, monthly

    def test_nothing_is_reset_on_the_first_day(self, db: Session) -> None:
        assert not reset_quotas(db, MARCH)
        assert self.left(db) == USED

    def test_the_daily_one_with_each_day(self, db: Session) -> None:
        reset_quotas(db, MARCH)
        assert reset_quotas(db, MARCH + dt.timedelta(days=1))
        assert self.left(db) == (ZERO, USED[1])
        self.use(db)
        assert not reset_quotas(db, MARCH + dt.timedelta(days=1))
        assert self.left(db) == USED

    def test_the_monthly_one_with_each_month(self, db: Session) -> None:
        reset_quotas(db, LATE_MARCH)
        reset_quotas(db, APRIL)
        assert self.left(db) == (ZERO, ZERO)

    def test_both_after_a_down_time(self, db: Session) -> None:
        reset_quotas(db, MARCH)
        reset_quotas(db, JUNE)
        assert self.left(db) == (ZERO, ZERO)

    def test_a_clock_that_goes_back_resets_nothing(self, db: Session) -> None:
        reset_quotas(db, APRIL)
        assert not reset_quotas(db, MARCH)
        assert self.left(db) == USED


class TestFees:
    @pytest.fixture(autouse=True)
    def numbers(self, platform: Platform, db: Session) -> None:
        platform.subscriber("1000")
        change(db, credit=Decimal(100))
        platform.did("551130250001", "1000", monthly_subscription=Decimal("12.5"))
        platform.did("551130250002", "1000", monthly_subscription=Decimal(20))
        platform.did("551130250003", "1000")
        platform.free_number("551130250004")

    def charge(self, database: TestDatabase, day: dt.date, charging: bool = True) -> int:
        return charge_fees(database, day, charging=charging)

    def test_are_charged_once_a_month(self, database: TestDatabase, db: Session) -> None:
        assert self.charge(database, MARCH) == 0  # the month in which it began
        assert self.charge(database, LATE_MARCH) == 0
        assert self.charge(database, APRIL) == 2
        assert self.charge(database, APRIL) == 0
        assert balance(db) == Decimal("67.5")
        rows = db.execute(
            sa.select(CreditLedger.value, CreditLedger.balance, CreditLedger.obs).order_by(
                CreditLedger.id
            )
        )
        assert [tuple(row) for row in rows] == [
            (Decimal("-12.5"), Decimal("87.5"), "DID 551130250001 2026-04"),
            (Decimal(-20), Decimal("67.5"), "DID 551130250002 2026-04"),
        ]

    def test_also_for_months_that_were_missed(self, database: TestDatabase, db: Session) -> None:
        self.charge(database, MARCH)
        assert self.charge(database, JUNE) == 6
        assert balance(db) == Decimal("2.5")

    def test_not_while_charging_is_off(self, database: TestDatabase, db: Session) -> None:
        self.charge(database, MARCH)
        assert self.charge(database, JUNE, charging=False) == 0
        assert self.charge(database, JUNE) == 0
        assert balance(db) == Decimal(100)

    def test_what_was_charged_before_a_crash_is_not_again(
        self, database: TestDatabase, db: Session, platform: Platform
    ) -> None:
        self.charge(database, MARCH)
        self.charge(database, APRIL)
        db.execute(sa.text("UPDATE daily_task SET day = '2026-03-01'"))
        platform.did("551130250005", "1000", monthly_subscription=Decimal(1))
        assert self.charge(database, APRIL) == 1
        assert balance(db) == Decimal("66.5")

    def test_the_groups_manager_pays(
        self, database: TestDatabase, db: Session, platform: Platform
    ) -> None:
        manager = platform.subscriber("9000")
        group = platform.insert(AccountGroup, manager_id=manager, manager_profile="DEFAULT")
        owner = platform.one(Subscriber, username="1000").id
        platform.insert(AccountGroupMember, subscriber_id=owner, account_group_id=group)
        self.charge(database, MARCH)
        self.charge(database, APRIL)
        assert (balance(db), balance(db, "9000")) == (Decimal(100), Decimal("-32.5"))

    def test_a_balance_that_cannot_hold_it_ends_nothing(
        self, database: TestDatabase, db: Session
    ) -> None:
        change(db, credit=Decimal(-999999999999))
        db.execute(sa.update(Did).values(monthly_subscription=Decimal(999999999)))
        self.charge(database, MARCH)
        assert self.charge(database, APRIL) > 0
        assert balance(db) == Decimal(-999999999999)


def test_statistics_are_those_of_accounts_that_want_them(db: Session, platform: Platform) -> None:
    plan = platform.rate_plan()
    platform.rate("55", rate_value=Decimal("0.6"))
    for username in ("1000", "2000"):
        platform.subscriber(username, rate_plan_id=plan)
    change(db, daily_statistics=True)
    raw_call(db, seconds=61)
    raw_call(db, seconds=59)
    raw_call(db, number="1212", seconds=10)
    raw_call(db, service="local", basis="free", seconds=5)
    raw_call(db, "2000")
    raw_call(db, started=dt.datetime(2026, 3, 25, 2, 59, tzinfo=dt.UTC), seconds=1)
    raw_call(db, started=dt.datetime(2026, 3, 25, 3, 0, tzinfo=dt.UTC))
    rate_all(db)
    make_statistics(db, dt.date(2026, 3, 25))
    make_statistics(db, dt.date(2026, 3, 25))
    rows = db.execute(
        sa.select(*DailyStatistics.__table__.columns).order_by(DailyStatistics.service)
    )
    day, account = dt.date(2026, 3, 24), "1000@example.com"
    assert [tuple(row) for row in rows] == [
        (day, account, "local", 1, 5, Decimal(0), 0),
        (day, account, "pstn", 4, 131, Decimal("2.4"), 1),
    ]
