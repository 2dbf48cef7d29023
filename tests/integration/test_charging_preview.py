"""`charging preview`: what turning charging on would refuse, charge and reset."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.charging.preview import foresee
from sippulse_ws.db import Session
from sippulse_ws.models import Event, RatePlan, RawCall, Subscriber
from tests.factories.platform import DOMAIN, Platform
from tests.factories.raw_calls import raw_call
from tests.fixtures.server import Cli

PAST = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def account(platform: Platform, db: Session) -> int:
    plan = platform.rate_plan(prepaid=True)
    platform.rate("55", rate_value=Decimal("0.6"))
    subscriber_id = platform.subscriber("1000", rate_plan_id=plan)
    change(db, credit=Decimal(10))
    return subscriber_id


def change(db: Session, **values: Any) -> None:
    db.execute(sa.update(Subscriber).values(values))


def found(db: Session, mode: str = "frozen") -> list[tuple[str, str, str, Decimal | None]]:
    return [(one.effect, one.who, one.why, one.amount) for one in foresee(db, 30, mode)]


WHO = f"1000@{DOMAIN}"


def test_nothing_where_all_is_in_order(db: Session) -> None:
    assert found(db) == []


@pytest.mark.parametrize(
    ("values", "why", "amount"),
    [
        ({"credit": Decimal(-2)}, "402 Not Enough Credit", "-2"),
        ({"daily_quota": True}, "403 Daily Quota Reached", "10"),
    ],
)
def test_accounts_that_would_be_refused(
    db: Session, values: dict[str, Any], why: str, amount: str
) -> None:
    change(db, **values)
    assert found(db) == [("refused", WHO, why, Decimal(amount))]
    change(db, active=False)
    assert found(db) == []


def test_credit_past_its_validity(db: Session) -> None:
    change(db, credit_expires_at=PAST)
    assert [one[:3] for one in found(db)] == [
        ("refused", WHO, "402 Credit Expired"),
        ("refused", WHO, "expired credit is frozen until the next top-up"),
    ]
    assert found(db, "taken")[1] == ("reset", WHO, "expired credit is taken", Decimal(10))


def test_plans_without_rates(db: Session, platform: Platform) -> None:
    platform.rate_plan(name="Empty", rate_id=99, block_calls_without_rate=True)
    (row,) = found(db)
    assert row[:2] == ("refused", f"plan Empty of {DOMAIN}")


def test_what_calls_would_cost_and_fees(db: Session, platform: Platform) -> None:
    now = dt.datetime.now(dt.UTC)
    raw_call(db, state=3, started=now)
    raw_call(db, state=3, started=now, seconds=61)
    raw_call(db, state=3, started=now, number="1212")
    raw_call(db, state=3, started=now - dt.timedelta(days=31))
    platform.did("551130250001", "1000", monthly_subscription=Decimal("12.5"))
    change(db, monthly_quota_consumed=Decimal(3))
    assert found(db) == [
        ("charged", WHO, "2 calls like those of the last days", Decimal("1.8")),
        ("charged", WHO, "1 calls would stay unrated: no rate", Decimal(0)),
        ("charged", WHO, "fees of DIDs, each month from the next", Decimal("12.5")),
        ("reset", WHO, "what is used of the monthly quota, with the next month", Decimal(3)),
    ]


def test_it_changes_nothing(db: Session) -> None:
    raw_call(db, state=3, started=dt.datetime.now(dt.UTC))
    events = db.scalar(sa.select(sa.func.count()).select_from(Event))
    found(db)
    assert set(db.execute(sa.select(RawCall.state)).scalars()) == {3}
    assert db.scalar(sa.select(Subscriber.credit)) == Decimal(10)
    assert db.scalar(sa.select(sa.func.count()).select_from(Event)) == events
    assert db.scalar(sa.select(sa.func.count()).select_from(RatePlan)) == 1


def test_the_command(cli: Cli) -> None:
    assert json.loads(cli("charging", "preview", "--json").stdout) == []
    assert cli("charging", "preview").stdout.splitlines() == ["effect\twho\twhy\tamount"]
