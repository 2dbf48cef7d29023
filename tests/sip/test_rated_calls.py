"""From SOAP alone to a row of `vi_cdrs`: a call is made, recorded, rated and charged."""

import time
from decimal import Decimal

import pytest

from tests.sip.conftest import DOMAIN
from tests.sip.money import NETWORK, Money, money
from tests.sip.soap import RemoteSoap

__all__ = ["money"]
pytestmark = [pytest.mark.sip, pytest.mark.engines("mariadb")]

NUMBER = "554830258080"
RATED = "SELECT * FROM vi_cdrs WHERE sip_call_id = :call_id AND price IS NOT NULL"
PATIENCE = 90  # seconds; the background process of a loaded machine

# What the call below leaves, besides who is who in it.
ROW = {
    "src_uri": f"sip:1000@{DOMAIN}",
    "caller_domain": DOMAIN,
    "caller_id": "1000",
    "rate": 0.198,
    "price": 0.099,
    "accountcode": f"1000@{DOMAIN}",
    "service": "pstn",
    "rateplan_name": "P100",
    "rateplan_tx_conn": 30,
    "rateplan_cadency": 6,
    "rateplan_markup": 10,
    "rateplan_prepaid": 1,
    "rateplan_rateid": 100,
    "reseller_id": None,
    "reseller_name": None,
    "reseller_rateplan_id": None,
    "gw_name": "carrier-1",
    "gw_rateid": None,
    "provider_name": "carrier",
    "profile": "DEFAULT",
    "user_agent": "sippulse-ws tests",
    "src_ip": "127.0.0.1",
    "matched_prefix": "55",
    "matched_prefix_name": "to 55",
    "reseller_price": None,
    "cost": None,
    "cost_price": None,
}


def test_a_call_costs_what_the_plan_says(money: Money, soap: RemoteSoap) -> None:
    plan = money.plan(0.18, txConnection=30, cadency=6, markup=10)
    gateway = money.gateway("carrier-1")
    caller = money.caller("1000", plan, credit=10)
    before = soap("SubscriberWS", "retrieveCredit", username="1000", domain=DOMAIN)
    call = caller.call(NUMBER)
    assert call.status == 200
    time.sleep(1.5)
    assert call.hang_up() == 200
    call_id = dict(call.headers)["Call-ID"]
    money.wait(RATED, 1, PATIENCE, call_id=call_id)
    (row,) = money.rows(RATED, call_id=call_id)
    seconds = int(row.pop("duration"))
    assert seconds in (1, 2)
    (made,) = money.rows("SELECT id, provider_id FROM gateway")
    expected = ROW | {
        "sip_from_tag": dict(call.headers)["From"].partition("tag=")[2],
        "sip_to_tag": str(gateway.port),
        "gwid": made["id"],
        "gw_address": f"{NETWORK}:{gateway.port}",
        "providerid": made["provider_id"],
    }
    assert {name: row[name] for name in expected} == expected
    assert NUMBER in row["dst_uri"]
    after = soap("SubscriberWS", "retrieveCredit", username="1000", domain=DOMAIN)
    assert Decimal(str(before)) - Decimal(str(after)) == Decimal("0.099")
    held = "SELECT held FROM subscriber WHERE username = '1000'"
    assert money.rows(held)[0]["held"] == 0
