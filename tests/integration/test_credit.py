"""addCredit and retrieveCredit: exact, atomic, with a ledger row, refused where it must be."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from sippulse_ws.db import Session
from sippulse_ws.domain import credit
from sippulse_ws.domain.errors import InvalidField, SubscriberNotFound
from sippulse_ws.models import CreditLedger, Subscriber
from tests.factories.platform import DOMAIN, Platform
from tests.soap import Soap

KEY: dict[str, Any] = {"username": "1000", "domain": DOMAIN}
ACCOUNT = f"1000@{DOMAIN}"


OTHERS = ("1001", "1003")  # accounts before and after


@pytest.fixture(autouse=True)
def subscriber(platform: Platform) -> int:
    before, after = OTHERS
    platform.subscriber(before)
    own = platform.subscriber("1000")
    platform.subscriber(after)
    return own


def add(soap: Soap, value: object, obs: str = "") -> None:
    soap.xml("SubscriberWS", "addCredit", body(value) + f"<obs>{obs}</obs>")


def body(value: object) -> str:
    return f"<username>1000</username><domain>{DOMAIN}</domain><value>{value}</value>"


def balance(soap: Soap) -> float:
    return float(soap("SubscriberWS", "retrieveCredit", **KEY))


def test_credit_begins_at_zero(soap: Soap) -> None:
    answer = soap.xml("SubscriberWS", "retrieveCredit", body(0))
    assert answer.findtext("return") == "0.0"


def test_cents_add_up_exactly(soap: Soap, platform: Platform) -> None:
    for value in ("0.1", "0.2", "-0.05", "1e-6", "0.7"):
        add(soap, value)
    assert platform.one(Subscriber, username="1000").credit == Decimal("0.950001")
    assert balance(soap) == 0.950001
    for username in OTHERS:
        assert platform.one(Subscriber, username=username).credit == 0


def test_every_change_is_in_the_ledger(soap: Soap, platform: Platform, subscriber: int) -> None:
    before = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
    add(soap, "10.5", "Boleto nº 1 &amp; pix")
    clerk = platform.administrator("clerk", DOMAIN)
    soap("SubscriberWS", "addCredit", **KEY, value=-0.25, principal=clerk)
    rows = platform.rows(CreditLedger)
    assert [
        (row.kind, row.account_id, row.account, row.value, row.balance, row.obs, row.administrator)
        for row in rows
    ] == [
        ("subscriber", subscriber, ACCOUNT, Decimal("10.5"), Decimal("10.5"), "Boleto nº 1 & pix",
         "root"),
        ("subscriber", subscriber, ACCOUNT, Decimal("-0.25"), Decimal("10.25"), None, "clerk"),
    ]  # fmt: skip
    assert all(before < row.at <= dt.datetime.now(dt.UTC) for row in rows)
    assert [row.expires_at for row in rows] == [None, None]


@pytest.mark.parametrize(
    "value", ["NaN", "INF", "-INF", "1e400", "0", "-0.0", "0.0000005", "-4e-7", "1e12", "-1e300"]
)
def test_what_is_no_amount_is_a_fault_and_changes_nothing(
    value: str, soap: Soap, platform: Platform
) -> None:
    before = platform.rows(Subscriber)
    assert "value" in soap.xml_fault("SubscriberWS", "addCredit", body(value))
    assert platform.rows(Subscriber) == before
    assert platform.rows(CreditLedger) == []


@pytest.mark.parametrize("value", ["", "?", "1,50", "R$ 1"])
def test_an_unreadable_value_is_named(value: str, soap: Soap) -> None:
    assert "value" in soap.xml_fault("SubscriberWS", "addCredit", body(value))


def test_half_a_millionth_is_rounded_to_even(soap: Soap, platform: Platform) -> None:
    add(soap, "0.0000015")
    add(soap, "0.0000025")
    assert platform.one(Subscriber, username="1000").credit == Decimal("0.000004")


def test_the_balance_fits_its_column_or_the_change_is_refused(
    soap: Soap, platform: Platform
) -> None:
    add(soap, "999999999999")
    assert "value" in soap.xml_fault("SubscriberWS", "addCredit", body(1))
    add(soap, "0.999999")
    assert "value" in soap.xml_fault("SubscriberWS", "addCredit", body("0.000001"))
    stored = platform.one(Subscriber, username="1000").credit
    assert stored == Decimal("999999999999.999999")
    assert platform.rows(CreditLedger)[-1].balance == stored
    assert len(platform.rows(CreditLedger)) == 2


def test_nobody_gets_no_credit(soap: Soap, platform: Platform) -> None:
    nobody = {"username": "1002", "domain": DOMAIN}
    assert "1002" in soap.fault("SubscriberWS", "addCredit", **nobody, value=1)
    assert "1002" in soap.fault("SubscriberWS", "retrieveCredit", **nobody)
    assert "username" in soap.fault("SubscriberWS", "addCredit", domain=DOMAIN, value=1)
    assert platform.rows(CreditLedger) == []


def test_a_remark_that_does_not_fit_is_named(soap: Soap, platform: Platform) -> None:
    assert "obs" in soap.fault("SubscriberWS", "addCredit", **KEY, value=1, obs="x" * 1025)
    assert platform.one(Subscriber, username="1000").credit == 0


def test_the_account_of_the_command_line_is_that_of_its_name(
    platform: Platform, db: Session, subscriber: int
) -> None:
    platform.rate_plan(prepaid=False)
    plan = platform.rate_plan(prepaid=True, limit_to_credit_expires=7)
    platform.rate_plan(prepaid=False)
    assert credit.get_account(db, "1000", DOMAIN).prepaid is None  # without a plan
    platform.update(Subscriber, rate_plan_id=plan)
    account = credit.get_account(db, "1000", DOMAIN)
    assert (account.id, account.account_code) == (subscriber, ACCOUNT)
    assert (account.prepaid, account.limit_to_credit_expires) == (True, 7)
    with pytest.raises(SubscriberNotFound):
        credit.get_account(db, "1002", DOMAIN)


def test_an_account_removed_meanwhile_is_not_found(
    platform: Platform, db: Session, subscriber: int
) -> None:
    account = credit.get_account(db, "1000", DOMAIN)
    db.execute(delete(Subscriber).where(Subscriber.id == subscriber))
    with pytest.raises(SubscriberNotFound):
        credit.add_credit(db, "clerk", account, 1, None)
    there = credit.get_account(db, "1001", DOMAIN)
    platform.update(Subscriber, credit=Decimal("999999999999.999999"))
    with pytest.raises(InvalidField):
        credit.add_credit(db, "clerk", there, 1, None)


class TestValidity:
    """limitToCreditExpires of the rate plan: days, for prepaid plans only."""

    def expiry(self, platform: Platform) -> dt.datetime | None:
        expires: dt.datetime | None = platform.one(Subscriber, username="1000").credit_expires_at
        assert expires == platform.rows(CreditLedger)[-1].expires_at
        return expires

    @pytest.mark.parametrize(
        ("plan", "days"),
        [
            ({"prepaid": True, "limit_to_credit_expires": 30}, 30),
            ({"prepaid": True, "limit_to_credit_expires": 1}, 1),
            ({"prepaid": True, "limit_to_credit_expires": 0}, None),
            ({"prepaid": False, "limit_to_credit_expires": 30}, None),
        ],
    )
    def test_credit_expires_as_the_plan_says(
        self, plan: dict[str, Any], days: int | None, soap: Soap, platform: Platform
    ) -> None:
        platform.update(Subscriber, rate_plan_id=platform.rate_plan(**plan))
        add(soap, 1)
        expires = self.expiry(platform)
        if days is None:
            assert expires is None
            return
        assert expires is not None
        left = expires - dt.datetime.now(dt.UTC)
        assert dt.timedelta(days=days, minutes=-5) < left <= dt.timedelta(days=days)

    def test_credit_taken_moves_no_expiry(self, soap: Soap, platform: Platform) -> None:
        plan = platform.rate_plan(prepaid=True, limit_to_credit_expires=30)
        platform.update(Subscriber, rate_plan_id=plan)
        add(soap, 10)
        before = platform.one(Subscriber, username="1000").credit_expires_at
        for taken in (-1, -0.5):
            add(soap, taken)
            assert platform.one(Subscriber, username="1000").credit_expires_at == before

    @pytest.mark.parametrize("left", ["10", "0.5"])
    def test_expired_credit_that_becomes_valid_again_is_said_in_the_ledger(
        self, left: str, soap: Soap, platform: Platform
    ) -> None:
        plan = platform.rate_plan(prepaid=True, limit_to_credit_expires=30)
        ended = dt.datetime.now(dt.UTC) - dt.timedelta(days=3)
        account = {"credit": Decimal(left), "credit_expires_at": ended}
        platform.update(Subscriber, rate_plan_id=plan, **account)
        add(soap, 1)
        said, added = platform.rows(CreditLedger)
        assert (said.value, said.administrator, said.account) == (0, "root", ACCOUNT)
        assert said.obs == f"{Decimal(left):.6f} valid again, expired {ended:%Y-%m-%d}"
        assert said.expires_at == added.expires_at == self.expiry(platform)
        assert said.balance == added.balance == Decimal(left) + 1

    @pytest.mark.parametrize(
        ("left", "days", "value"),
        [
            ("0", -3, 1),  # there was none
            ("-5", -3, 1),  # nor here
            ("10", 3, 1),  # it was valid
            ("10", None, 1),  # it never ended
            ("10", -3, -1),  # it stays expired
        ],
    )
    def test_nothing_else_is_said_to_be_valid_again(
        self, left: str, days: int | None, value: int, soap: Soap, platform: Platform
    ) -> None:
        plan = platform.rate_plan(prepaid=True, limit_to_credit_expires=30)
        ends = days and dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
        account = {"credit": Decimal(left), "credit_expires_at": ends}
        platform.update(Subscriber, rate_plan_id=plan, **account)
        add(soap, value)
        assert platform.one(CreditLedger).value == value


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(values=st.lists(st.decimals(-1_000_000, 1_000_000, places=6), min_size=1, max_size=5))
def test_the_ledger_adds_up_to_the_balance(
    values: list[Decimal], soap: Soap, platform: Platform, db: Session
) -> None:
    with db.savepoint() as attempt:
        sent = [value for value in values if value]
        for value in sent:
            add(soap, value)
        rows = platform.rows(CreditLedger)
        assert [row.value for row in rows] == sent
        assert platform.one(Subscriber, username="1000").credit == sum(sent)
        assert [row.balance for row in rows] == [sum(sent[: end + 1]) for end in range(len(sent))]
        attempt.rollback()
