"""SIPPULSE_REPEATED_CREDIT_MINUTES: an addCredit that looks like one shortly before is refused."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from sippulse_ws.models import CreditLedger
from tests.factories.platform import DOMAIN, Platform
from tests.soap import Soap

KEY: dict[str, Any] = {"username": "1000", "domain": DOMAIN}
CREDIT: dict[str, Any] = {**KEY, "value": 10, "obs": "Pix 4711"}


@pytest.fixture(autouse=True)
def subscriber(platform: Platform) -> int:
    return platform.subscriber("1000")


@pytest.fixture
def careful(app_with: Any) -> Soap:
    soap: Soap = app_with(language="en", repeated_credit_minutes=10)
    return soap


def test_it_is_refused_with_the_row_of_the_ledger(careful: Soap, platform: Platform) -> None:
    careful("SubscriberWS", "addCredit", **CREDIT)
    row = platform.one(CreditLedger)
    fault = careful.fault("SubscriberWS", "addCredit", **CREDIT)
    at = f"{row.at:%Y-%m-%d %H:%M:%S}"
    assert fault == f"Repeated credit: same value and obs as ledger row {row.id}, of {at} UTC"
    assert careful("SubscriberWS", "retrieveCredit", **KEY) == 10


@pytest.mark.parametrize(
    "other",
    [{"value": 11}, {"value": -10}, {"obs": "pix 4711"}, {"obs": "Pix 4711 "}, {"obs": "Pix 471"}],
)
def test_another_one_is_added(other: dict[str, Any], careful: Soap, platform: Platform) -> None:
    careful("SubscriberWS", "addCredit", **CREDIT)
    careful("SubscriberWS", "addCredit", **CREDIT | other)
    assert len(platform.rows(CreditLedger)) == 2


@pytest.mark.parametrize("obs", [None, "", "  "])
def test_without_a_remark_nothing_tells_them_apart(obs: str | None, careful: Soap) -> None:
    for _ in range(2):
        careful("SubscriberWS", "addCredit", **CREDIT | {"obs": obs})
    assert careful("SubscriberWS", "retrieveCredit", **KEY) == 20


def test_another_account_is_another_credit(careful: Soap, platform: Platform) -> None:
    platform.subscriber("1001")
    platform.subscriber("1002")
    for username in ("1001", "1000", "1002"):
        careful("SubscriberWS", "addCredit", **CREDIT | {"username": username})


def test_later_on_it_is_a_new_one(careful: Soap, platform: Platform) -> None:
    careful("SubscriberWS", "addCredit", **CREDIT)
    platform.update(CreditLedger, at=dt.datetime.now(dt.UTC) - dt.timedelta(minutes=11))
    careful("SubscriberWS", "addCredit", **CREDIT)
    assert careful("SubscriberWS", "retrieveCredit", **KEY) == 20


def test_what_was_taken_back_may_be_added_again(careful: Soap, platform: Platform) -> None:
    careful("SubscriberWS", "addCredit", **CREDIT)
    row = platform.one(CreditLedger)
    copy = {name: getattr(row, name) for name in ("at", "kind", "account_id", "account", "balance")}
    platform.insert(CreditLedger, **copy, value=Decimal(-10), administrator="x", reverses=row.id)
    careful("SubscriberWS", "addCredit", **CREDIT)


@pytest.mark.parametrize("reversed_one", [0, 1])
def test_what_was_taken_back_does_not_excuse_another_repeat(
    reversed_one: int, careful: Soap, platform: Platform
) -> None:
    credits = [CREDIT | {"obs": f"Pix {number}"} for number in (1, 2)]
    for one in credits:
        careful("SubscriberWS", "addCredit", **one)
    row = platform.rows(CreditLedger)[reversed_one]
    copy = {name: getattr(row, name) for name in ("at", "kind", "account_id", "account", "balance")}
    platform.insert(CreditLedger, **copy, value=Decimal(-10), administrator="x", reverses=row.id)
    careful("SubscriberWS", "addCredit", **credits[reversed_one])
    other = credits[1 - reversed_one]
    assert "Repeated credit" in careful.fault("SubscriberWS", "addCredit", **other)


def test_a_reseller_with_the_number_of_a_subscriber_is_another_account(
    careful: Soap, platform: Platform, subscriber: int
) -> None:
    platform.reseller("ACME", id=subscriber)
    of_reseller: Any = {"resellerName": "ACME", "domain": DOMAIN, "value": 10}
    careful("SubscriberWS", "addCredit", **CREDIT)
    careful("ResellerWS", "addResellerCredit", **of_reseller, obs=CREDIT["obs"])
    careful("ResellerWS", "addResellerCredit", **of_reseller, obs="Pix 1")
    careful("SubscriberWS", "addCredit", **CREDIT | {"obs": "Pix 1"})


def test_a_reseller_is_an_account_too(careful: Soap, platform: Platform) -> None:
    platform.reseller("ACME")
    call: Any = {"resellerName": "ACME", "domain": DOMAIN, "value": 10, "obs": "Pix 1"}
    careful("ResellerWS", "addResellerCredit", **call)
    assert "Repeated credit" in careful.fault("ResellerWS", "addResellerCredit", **call)


def test_it_is_off_by_default(soap: Soap) -> None:
    for _ in range(2):
        soap("SubscriberWS", "addCredit", **CREDIT)
    assert soap("SubscriberWS", "retrieveCredit", **KEY) == 20


def test_with_a_key_a_repeat_is_no_fault(careful: Soap) -> None:
    for _ in range(2):
        headers = {"Idempotency-Key": "a-1"}
        careful("SubscriberWS", "addCredit", headers=headers, **CREDIT)
    assert careful("SubscriberWS", "retrieveCredit", **KEY) == 10
