"""Raw records become rated calls: who pays what, and what is kept of it."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.charging import rating
from sippulse_ws.charging.rating import RatingWorker
from sippulse_ws.db import Session
from sippulse_ws.models import (
    AccountGroup,
    AccountGroupMember,
    Event,
    Gateway,
    Provider,
    RatePlan,
    RawCall,
    Reseller,
    Subscriber,
)
from tests.factories.platform import DOMAIN, Platform
from tests.factories.raw_calls import (
    NUMBER,
    balance,
    ledger,
    rate_all,
    raw_call,
    record,
)

VIEW = "SELECT * FROM vi_cdrs WHERE sip_call_id = :call_id"


ROW = {
    "src_uri": f"sip:1000@{DOMAIN}",
    "dst_uri": f"sip:{NUMBER}@192.0.2.11",
    "caller_domain": DOMAIN,
    "caller_id": "1000",
    "sip_call_id": "a84b4c76e66710",
    "sip_from_tag": "1928301774",
    "sip_to_tag": "a6c85cf",
    "duration": "45",
    "rate": 0.198,
    "price": 0.1584,
    "accountcode": f"1000@{DOMAIN}",
    "service": "pstn",
    "rateplan_name": "PRÉ-BRONZE",
    "rateplan_tx_conn": 30,
    "rateplan_cadency": 6,
    "rateplan_markup": 10.0,
    "rateplan_prepaid": 1,
    "reseller_id": None,
    "reseller_name": None,
    "reseller_rateplan_id": None,
    "gw_address": "201.64.23.11",
    "gw_name": "Gateway SP",
    "gw_rateid": 9,
    "provider_name": "OperadoraSul",
    "provider_tx_conn": 30,
    "provider_cadency": 1,
    "profile": "DEFAULT",
    "user_agent": "Blink 0.2.7 (Windows)",
    "src_ip": "189.4.123.226",
    "matched_prefix": "5548",
    "matched_prefix_name": "FLORIPA",
    "reseller_rate": None,
    "reseller_price": None,
    "reseller_matched_prefix": None,
    "reseller_matched_prefix_name": None,
    "cost": 0.1,
    "cost_price": 0.075,
    "rateplan_rateid": 7,
}


@pytest.fixture
def caller(platform: Platform) -> int:
    """A subscriber with a credit of 10 and the plan 30/6 at 0.18 a minute and 10 per cent."""
    plan = platform.rate_plan(
        name="PRÉ-BRONZE", rate_id=7, prepaid=True, tx_connection=30, cadency=6, markup=10.0
    )
    platform.rate("5548", rate_id=7, name="FLORIPA", rate_value=Decimal("0.18"))
    platform.rate("55", rate_id=7, name="BRASIL", rate_value=Decimal("0.5"))
    subscriber_id = platform.subscriber("1000", rate_plan_id=plan)
    change(platform.db, credit=Decimal(10))
    return subscriber_id


def change(db: Session, username: str = "1000", **values: Any) -> None:
    db.execute(sa.update(Subscriber).where(Subscriber.username == username).values(values))


def state(db: Session, raw_id: int) -> tuple[int, str | None]:
    query = sa.select(RawCall.state, RawCall.reason).where(RawCall.id == raw_id)
    return tuple(db.execute(query).one())


@pytest.mark.usefixtures("caller")
class TestOneCall:
    def test_every_column_of_the_view(self, db: Session, platform: Platform) -> None:
        provider = platform.insert(Provider, name="OperadoraSul", tx_connection=30, cadency=1)
        gateway = platform.insert(
            Gateway, provider_id=provider, name="Gateway SP", address="201.64.23.11", rate_id=9
        )
        platform.rate("554", rate_id=9, rate_value=Decimal("0.1"))
        raw_id = raw_call(db, seconds=45.7, gateway_id=gateway, call_id="a84b4c76e66710")
        rate_all(db)
        row = dict(db.execute(sa.text(VIEW), {"call_id": "a84b4c76e66710"}).mappings().one())
        assert isinstance(row.pop("id"), int)
        assert str(row.pop("call_start_time")).startswith("2026-03-24 09:27:20")
        assert row == ROW | {"gwid": gateway, "providerid": provider}
        assert state(db, raw_id) == (rating.RATED, None)

    def test_the_price_leaves_the_credit_with_a_row_in_the_ledger(self, db: Session) -> None:
        raw_id = raw_call(db)
        rate_all(db)
        left = Decimal("9.8416")
        assert balance(db) == left
        assert ledger(db, raw_id) == [("subscriber", f"1000@{DOMAIN}", Decimal("-0.1584"), left)]

    def test_it_is_rated_once(self, db: Session) -> None:
        raw_id = raw_call(db)
        rate_all(db)
        rate_all(db)
        db.execute(sa.update(RawCall).values(state=rating.NEW))
        rate_all(db)
        assert balance(db) == Decimal("9.8416")
        assert len(ledger(db, raw_id)) == 1

    def test_the_credit_may_go_below_zero(self, db: Session) -> None:
        change(db, credit=Decimal("0.05"))
        raw_call(db)
        rate_all(db)
        assert balance(db) == Decimal("-0.1084")
        events = sa.select(Event.kind, Event.account, Event.data)
        (event,) = db.execute(events.where(Event.kind != "subscriber.inserted")).all()
        assert event == ("credit.ended", f"1000@{DOMAIN}", '{"credit":"-0.108400"}')

    def test_seconds_that_were_not_completed_do_not_count(self, db: Session) -> None:
        short, one = raw_call(db, seconds=0.999), raw_call(db, seconds=1)
        rate_all(db)
        assert (record(db, short).duration, record(db, short).price) == (0, Decimal(0))
        assert record(db, one).price == Decimal("0.099")
        assert ledger(db, short) == []

    def test_a_call_that_the_proxy_ended_is_a_timeout_and_priced(self, db: Session) -> None:
        raw_id = raw_call(db, ended_by="proxy")
        rate_all(db)
        assert (record(db, raw_id).service, record(db, raw_id).price) == (
            "timeout",
            Decimal("0.1584"),
        )

    @pytest.mark.parametrize("service", ["local", "net", "did"])
    def test_calls_within_the_platform_cost_nothing(self, db: Session, service: str) -> None:
        raw_id = raw_call(db, service=service, basis="free", number="1001")
        rate_all(db)
        found = record(db, raw_id)
        assert (found.service, found.price, found.rate) == (service, Decimal(0), Decimal(0))
        assert state(db, raw_id) == (rating.RATED, None)

    def test_emergency_calls_cost_nothing(self, db: Session) -> None:
        raw_id = raw_call(db, basis="emergency", number="190")
        rate_all(db)
        assert (record(db, raw_id).service, record(db, raw_id).price) == ("pstn", Decimal(0))

    def test_every_call_may_be_an_event(self, db: Session) -> None:
        raw_call(db, call_id="told")
        raw_call(db, account="nobody")
        rate_all(db, RatingWorker(tells_calls=True))
        events = sa.select(Event.kind, Event.account, Event.data)
        (event,) = db.execute(events.where(Event.kind != "subscriber.inserted")).all()
        assert event[:2] == ("call.rated", f"1000@{DOMAIN}")
        assert '"price":"0.158400"' in event.data
        assert '"call_id":"told"' in event.data

    def test_records_made_while_charging_was_off_are_left_alone(self, db: Session) -> None:
        raw_id = raw_call(db, state=3)
        rate_all(db)
        assert state(db, raw_id) == (3, None)
        assert balance(db) == Decimal(10)

    def test_both_paid_legs_of_a_call_are_recorded(self, db: Session, platform: Platform) -> None:
        platform.subscriber("0800")
        change(db, "0800", rate_plan_id=platform.one(RatePlan).id)
        toll_free = raw_call(
            db, "0800", leg=0, service="0800", number="5548999", call_id="two legs"
        )
        forward = raw_call(db, "1000", leg=1, call_id="two legs")
        rate_all(db)
        assert record(db, toll_free).service == "0800"
        assert record(db, toll_free).accountcode == f"0800@{DOMAIN}"
        assert record(db, forward).sip_to_tag == "a6c85cf-1"
        assert balance(db, "0800") == Decimal("-0.1584")
        assert balance(db, "1000") == Decimal("9.8416")


class TestWhoPays:
    def test_the_manager_of_the_group(self, db: Session, platform: Platform, caller: int) -> None:
        manager = platform.subscriber("9000")
        group = platform.insert(AccountGroup, manager_id=manager, manager_profile="DEFAULT")
        platform.insert(AccountGroupMember, subscriber_id=caller, account_group_id=group)
        raw_id = raw_call(db)
        rate_all(db)
        assert (balance(db), balance(db, "9000")) == (Decimal(10), Decimal("-0.1584"))
        assert ledger(db, raw_id)[0][1] == f"9000@{DOMAIN}"
        assert record(db, raw_id).accountcode == f"1000@{DOMAIN}"

    @pytest.fixture
    def reseller(self, platform: Platform, caller: int) -> int:
        reseller_id = platform.reseller("ACME", credit=Decimal(100))
        change(platform.db, reseller_id=reseller_id, reseller_markup=50.0)
        return reseller_id

    def test_the_reseller_its_own_price_beside(self, db: Session, reseller: int) -> None:
        raw_id = raw_call(db)
        rate_all(db)
        found = record(db, raw_id)
        assert (found.rate, found.price) == (Decimal("0.297"), Decimal("0.2376"))
        assert (found.reseller_rate, found.reseller_price) == (
            Decimal("0.198"),
            Decimal("0.1584"),
        )
        assert found.reseller_matched_prefix == "5548"
        assert found.cdr_reseller_id is not None
        assert ledger(db, raw_id) == [
            ("subscriber", f"1000@{DOMAIN}", Decimal("-0.2376"), Decimal("9.7624")),
            ("reseller", f"ACME@{DOMAIN}", Decimal("-0.1584"), Decimal("99.8416")),
        ]
        assert db.scalar(sa.select(Reseller.credit)) == Decimal("99.8416")
        assert reseller

    @pytest.mark.usefixtures("reseller")
    def test_by_two_plans(self, db: Session, platform: Platform) -> None:
        plan = platform.rate_plan(name="REVENDA", rate_id=8)
        platform.rate("55", rate_id=8, name="TUDO", rate_value=Decimal(2))
        change(db, reseller_billing_type=1, reseller_rate_plan_id=plan)
        raw_id = raw_call(db)
        rate_all(db)
        found = record(db, raw_id)
        assert (found.price, found.reseller_price) == (Decimal(2), Decimal("0.1584"))
        assert found.reseller_rateplan_id == plan
        assert (found.matched_prefix, found.reseller_matched_prefix) == ("55", "5548")

    @pytest.mark.usefixtures("reseller")
    def test_nobody_while_one_of_the_two_prices_is_missing(self, db: Session) -> None:
        change(db, reseller_billing_type=1)
        raw_id = raw_call(db)
        rate_all(db)
        assert state(db, raw_id) == (rating.UNRATED, "no reseller rate")
        assert balance(db) == Decimal(10)


class TestQuotas:
    @pytest.fixture
    def today(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    @pytest.mark.usefixtures("caller")
    @pytest.mark.parametrize(("kind", "used"), [("M", "1.6"), ("V", "0.3168")])
    def test_are_counted(self, db: Session, today: dt.datetime, kind: str, used: str) -> None:
        change(
            db, daily_quota=True, daily_quota_type=kind, monthly_quota=True, monthly_quota_type=kind
        )
        raw_call(db, started=today)
        raw_call(db, started=today)
        rate_all(db)
        query = sa.select(Subscriber.daily_quota_consumed, Subscriber.monthly_quota_consumed)
        assert tuple(db.execute(query).one()) == (Decimal(used), Decimal(used))

    @pytest.mark.usefixtures("caller")
    def test_a_call_counts_on_the_day_it_began(self, db: Session, today: dt.datetime) -> None:
        change(db, daily_quota=True, daily_quota_type="V", monthly_quota=True)
        raw_call(db, started=today - dt.timedelta(days=40))
        rate_all(db)
        query = sa.select(Subscriber.daily_quota_consumed, Subscriber.monthly_quota_consumed)
        assert tuple(db.execute(query).one()) == (Decimal(0), Decimal(0))
        assert balance(db) == Decimal("9.8416")


@pytest.mark.usefixtures("caller")
def test_the_start_is_the_operators_time_across_the_end_of_summer_time(db: Session) -> None:
    times = ["2019-02-17T01:30:00+00:00", "2019-02-17T02:30:00+00:00", "2018-11-04T03:00:00+00:00"]
    ids = [raw_call(db, started=dt.datetime.fromisoformat(one)) for one in times]
    rate_all(db)
    assert [str(record(db, one).call_start_time) for one in ids] == [
        "2019-02-16 23:30:00",
        "2019-02-16 23:30:00",
        "2018-11-04 01:00:00",
    ]
