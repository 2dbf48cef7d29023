"""What a call would cost, and whether it would be allowed."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.charging import admission
from sippulse_ws.charging.lookup import Lookup, look_up
from sippulse_ws.db import Session
from sippulse_ws.domain.errors import SubscriberNotFound
from sippulse_ws.models import (
    AccountGroup,
    AccountGroupMember,
    DbAlias,
    Dialplan,
    Reseller,
    StoredSetting,
    Subscriber,
    UserWhiteList,
)
from tests.factories.platform import DOMAIN, Platform

ACCOUNT = f"1000@{DOMAIN}"
SP = "5511999990000"


@pytest.fixture
def plan(platform: Platform) -> int:
    """30/6, 10 per cent, prepaid, with rates for Brazil and for mobiles of São Paulo."""
    plan_id = platform.rate_plan(
        name="PRÉ", prepaid=True, tx_connection=30, cadency=6, markup=10.0, rate_id=7
    )
    platform.rate("55", rate_id=7, name="BRASIL", rate_value=Decimal("0.18"))
    platform.rate("55119", rate_id=7, name="SP MÓVEL", rate_value=Decimal("0.5"), cadency=1)
    return plan_id


@pytest.fixture
def caller(platform: Platform, plan: int) -> int:
    subscriber_id = platform.subscriber("1000", rate_plan_id=plan)
    change(platform, "1000", credit=Decimal(10))
    return subscriber_id


def change(platform: Platform, username: str, **values: Any) -> None:
    where = sa.update(Subscriber).where(Subscriber.username == username)
    platform.db.execute(where.values(values))


def found(db: Session, number: str = SP, seconds: int = 60) -> Lookup:
    return look_up(db, ACCOUNT, number, seconds)


def reason(db: Session, number: str = SP) -> str:
    looked_up = found(db, number)
    assert looked_up.allowed == (looked_up.reason[:3] not in ("402", "403"))
    return looked_up.reason


@pytest.mark.usefixtures("caller")
def test_the_longest_prefix_prices_a_call(db: Session) -> None:
    mobile = found(db, SP, 31)
    assert (mobile.prefix, mobile.prefix_name, mobile.plan) == ("55119", "SP MÓVEL", "PRÉ")
    assert mobile.rate == Decimal("0.55")
    assert (mobile.first_block, mobile.next_block, mobile.billed_seconds) == (30, 1, 31)
    assert mobile.price == Decimal("0.284167")
    assert (mobile.allowed, mobile.reason, mobile.service) == (True, "prepaid", "pstn")
    fixed = found(db, "554830258080", 31)
    assert (fixed.prefix, fixed.billed_seconds, fixed.price) == ("55", 36, Decimal("0.1188"))
    assert fixed.longest_seconds == 3030
    assert found(db, "+" + SP).prefix == "55119"


def test_an_account_that_there_is_not(db: Session, platform: Platform) -> None:
    with pytest.raises(SubscriberNotFound):
        look_up(db, "nobody@example.com", SP)


@pytest.mark.usefixtures("caller")
def test_the_dial_plan_makes_the_number(db: Session, platform: Platform) -> None:
    rule = {"domain": DOMAIN, "dpid": 1, "match_op": 1}
    platform.insert(
        Dialplan, **rule, pr=2, match_exp="^0[0-9]+$", subst_exp="^0(.+)$", repl_exp=r"55\1"
    )
    platform.insert(
        Dialplan, **rule, pr=1, match_exp="^[0-9]{8}$", subst_exp="^(.*)$", repl_exp=r"5548\1"
    )
    platform.insert(Dialplan, **rule, pr=0, match_exp="^[0-9]+$", match_len=3, repl_exp="0800")
    assert found(db, "011999990000").number == "5511999990000"
    assert found(db, "30258080").number == "554830258080"
    assert found(db, "123").number == "0800"
    assert found(db, "12345").number == "12345"


@pytest.mark.usefixtures("caller")
def test_the_service_says_who_is_called(db: Session, platform: Platform) -> None:
    platform.domain("other.example")
    other = platform.subscriber("2000", domain="other.example")
    friend = platform.subscriber("1001")
    platform.insert(DbAlias, alias_username="30001001", alias_domain=DOMAIN, subscriber_id=friend)
    platform.did("554830250001", "1001")
    platform.did("554830250002", "2000", "other.example")
    assert other
    services = {
        number: found(db, number).service
        for number in ("1001", "30001001", "554830250001", "554830250002", SP, "9090" + SP)
    }
    assert list(services.values()) == ["local", "local", "local", "net", "pstn", "acobrar"]
    free = found(db, "1001")
    assert (free.price, free.allowed, free.reason) == (Decimal(0), True, "free")


@pytest.mark.usefixtures("caller")
def test_emergency_numbers_pass_whatever_is_blocked(db: Session, platform: Platform) -> None:
    db.execute(sa.delete(StoredSetting).where(StoredSetting.name == "emergency_numbers"))
    db.execute(sa.insert(StoredSetting).values(name="emergency_numbers", value="^(190|193)$"))
    change(platform, "1000", credit=Decimal(-5), active_outgoing_calls=False)
    police = found(db, "190")
    assert (police.allowed, police.reason, police.price) == (True, "emergency", Decimal(0))
    assert reason(db) == admission.OUTGOING_BLOCKED


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"held": Decimal(0)}, "prepaid"),
        ({"credit": Decimal("0.275")}, "prepaid"),
        ({"credit": Decimal("0.274999")}, admission.NO_CREDIT),
        ({"credit": Decimal(5), "held": Decimal("4.9")}, admission.NO_CREDIT),
        ({"credit_expires_at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}, admission.EXPIRED),
        ({"credit_expires_at": dt.datetime(2999, 1, 1, tzinfo=dt.UTC)}, "prepaid"),
        ({"daily_quota": True, "daily_quota_limit": Decimal(5)}, "prepaid"),
        (
            {
                "daily_quota": True,
                "daily_quota_limit": Decimal(5),
                "daily_quota_consumed": Decimal(5),
            },
            admission.DAILY_QUOTA,
        ),
        (
            {"monthly_quota": True, "monthly_quota_consumed": Decimal(1)},
            admission.MONTHLY_QUOTA,
        ),
        ({"active": False}, admission.NO_ACCOUNT),
    ],
)
@pytest.mark.usefixtures("caller")
def test_what_an_account_may(
    db: Session, platform: Platform, values: dict[str, Any], expected: str
) -> None:
    change(platform, "1000", **values)
    assert reason(db) == expected


def test_a_white_listed_number_always_passes(db: Session, platform: Platform, caller: int) -> None:
    platform.insert(UserWhiteList, subscriber_id=caller, prefix=SP)
    change(platform, "1000", credit=Decimal(-1), daily_quota=True)
    assert reason(db, SP) == "white list"
    assert reason(db, SP + "1") == admission.DAILY_QUOTA


def test_a_destination_without_rate(db: Session, platform: Platform, caller: int) -> None:
    assert reason(db, "1212") == "no rate"
    assert found(db, "1212").price is None
    change(platform, "1000", credit=Decimal(0))
    assert reason(db, "1212") == admission.NO_CREDIT
    db.execute(sa.text("UPDATE rate_plan SET block_calls_without_rate = 1, prepaid = 0"))
    assert reason(db, "1212") == admission.NO_RATE_HERE
    assert reason(db) == "postpaid"
    change(platform, "1000", rate_plan_id=None)
    assert reason(db, SP) == "no plan"


def test_the_groups_manager_pays(db: Session, platform: Platform, caller: int) -> None:
    manager = platform.subscriber("9000")
    group = platform.insert(AccountGroup, manager_id=manager, manager_profile="DEFAULT")
    platform.insert(AccountGroupMember, subscriber_id=caller, account_group_id=group)
    assert reason(db) == admission.NO_CREDIT
    change(platform, "9000", credit=Decimal(1))
    change(platform, "1000", credit=Decimal(-100))
    assert reason(db) == "prepaid"


class TestReseller:
    @pytest.fixture
    def reseller(self, platform: Platform, caller: int) -> int:
        reseller_id = platform.reseller(credit=Decimal(100))
        change(platform, "1000", reseller_id=reseller_id, reseller_markup=20.0)
        return reseller_id

    @pytest.mark.usefixtures("reseller")
    def test_adds_its_markup_to_the_plans_price(self, db: Session) -> None:
        call = found(db, SP, 60)
        assert (call.reseller_rate, call.reseller_price) == (Decimal("0.55"), Decimal("0.55"))
        assert (call.rate, call.price) == (Decimal("0.66"), Decimal("0.66"))

    @pytest.mark.usefixtures("reseller")
    def test_may_have_a_plan_of_its_own(self, db: Session, platform: Platform) -> None:
        plan = platform.rate_plan(name="REVENDA", rate_id=8, tx_connection=60, cadency=60)
        change(platform, "1000", reseller_billing_type=1, reseller_rate_plan_id=plan)
        assert reason(db) == "no rate"
        platform.rate("5511", rate_id=8, rate_value=Decimal(2))
        call = found(db, SP, 61)
        assert (call.plan, call.prefix, call.price) == ("REVENDA", "5511", Decimal(4))
        assert call.reseller_price == Decimal("0.559167")

    def test_without_credit_stops_its_subscribers(
        self, db: Session, platform: Platform, reseller: int
    ) -> None:
        db.execute(sa.update(Reseller).values(credit=Decimal("0.2")))
        assert reason(db) == admission.RESELLER_NO_CREDIT
        assert reseller

    @pytest.mark.usefixtures("reseller")
    def test_with_an_unknown_kind_of_billing_has_no_rate(
        self, db: Session, platform: Platform
    ) -> None:
        change(platform, "1000", reseller_billing_type=2)
        assert reason(db) == "no rate"
