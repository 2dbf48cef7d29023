"""Calls of a reseller's subscribers: two balances, two prices, and the shorter money ends them."""

from typing import Any

import pytest

from tests.sip.conftest import DOMAIN
from tests.sip.money import Money, money
from tests.sip.phone import Call
from tests.sip.soap import RemoteSoap

__all__ = ["money"]
pytestmark = [pytest.mark.sip, pytest.mark.engines("mariadb")]

NUMBER = "5548999990000"
OWN_PLAN, UNDOCUMENTED = 1, 2  # resellerBillingType
PATIENCE = 90  # seconds; the background process of a loaded machine


def call_id(call: Call) -> str:
    return dict(call.headers)["Call-ID"]


def reseller(soap: RemoteSoap, credit: float) -> int:
    texts = dict.fromkeys(("name", "username", "password", "manager", "email", "phone"), "acme")
    values = texts | {"mobile": "1", "domain": DOMAIN, "credit": credit}
    return int(soap("ResellerWS", "insertReseller", reseller=values))


def balances(money: Money) -> list[dict[str, Any]]:
    return [
        money.rows("SELECT credit, held FROM subscriber WHERE username = '1000'")[0],
        money.rows("SELECT credit, held FROM reseller")[0],
    ]


def test_the_resellers_plan_prices_the_account_and_the_accounts_plan_the_reseller(
    money: Money, soap: RemoteSoap
) -> None:
    money.gateway("gw1")
    plan, own = money.plan(60), money.plan(120)  # one money a second, and two
    values = {"resellerBillingType": OWN_PLAN, "resellerRatePlanId": own}
    caller = money.caller("1000", plan, credit=500, resellerId=reseller(soap, 7), **values)
    call = caller.call(NUMBER)
    assert call.status == 200
    # as long as both can pay: seven seconds
    assert balances(money) == [{"credit": 500, "held": 14}, {"credit": 7, "held": 7}]
    caller.wait_for_bye(60)
    (raw,) = money.records(call_id(call))
    seconds = raw["duration_ms"] // 1000
    assert seconds >= 5
    rated = "SELECT * FROM vi_cdrs WHERE sip_call_id = :id AND price IS NOT NULL"
    money.wait(rated, 1, PATIENCE, id=call_id(call))
    (row,) = money.rows(rated, id=call_id(call))
    expected = {"rate": 120, "price": 2 * seconds, "reseller_rate": 60, "reseller_price": seconds}
    expected |= {"reseller_rateplan_id": own, "service": "timeout"}
    assert {name: row[name] for name in expected} == expected
    assert balances(money) == [
        {"credit": 500 - 2 * seconds, "held": 0},
        {"credit": 7 - seconds, "held": 0},
    ]
    ledger = money.rows("SELECT kind, value FROM credit_ledger WHERE raw_id = :id", id=raw["id"])
    assert {one["kind"]: one["value"] for one in ledger} == {
        "subscriber": -2 * seconds,
        "reseller": -seconds,
    }


def test_a_billing_that_the_document_does_not_know_is_not_rated(
    money: Money, soap: RemoteSoap
) -> None:
    money.gateway("gw1")
    plan = money.plan(blockCallsWithoutRate=False)
    number = reseller(soap, 100)
    caller = money.caller("1000", plan, credit=5, resellerId=number)
    blocked = money.caller("1001", money.plan(), credit=5, resellerId=number)
    # no operation takes it: whoever wrote it did so by SQL
    money.run(f"UPDATE subscriber SET reseller_billing_type = {UNDOCUMENTED}")
    call = caller.call(NUMBER)
    assert (call.status, call.hang_up()) == (200, 200)
    money.wait("SELECT id FROM call_raw WHERE state = 2", 1, PATIENCE)
    (raw,) = money.rows("SELECT * FROM call_raw")
    assert raw["reason"] == "unknown reseller billing"
    assert balances(money) == [{"credit": 5, "held": 0}, {"credit": 100, "held": 0}]
    refused = blocked.call(NUMBER)
    assert (refused.status, refused.response.reason) == (403, "No Rate For This Destination")
