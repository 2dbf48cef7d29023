"""Through which gateway a call goes out, and what comes back in through it."""

import time

import pytest

from tests.sip.conftest import DOMAIN, Telephones
from tests.sip.money import Money, money
from tests.sip.phone import Call, Phone
from tests.sip.soap import RemoteSoap

__all__ = ["money"]
pytestmark = [pytest.mark.sip, pytest.mark.engines("mariadb")]

NUMBER = "5548999990000"
DID = "554830250000"


def call_id(call: Call) -> str:
    return dict(call.headers)["Call-ID"]


def took(money: Money, call: Call) -> str:
    """The gateway that the record of a call names."""
    assert call.hang_up() == 200
    (row,) = money.records(call_id(call))
    query = "SELECT name FROM gateway WHERE id = :id"
    return str(money.rows(query, id=row["gateway_id"])[0]["name"])


def number(soap: RemoteSoap, username: str, **values: object) -> None:
    did: dict[str, object] = {
        "accountCode": f"{username}@{DOMAIN}",
        "aliasUsername": DID,
        "username": username,
    }
    did |= {"domain": DOMAIN, "didToRuri": False, "reverseBilling": False}
    soap("DidWS", "insertDid", did=did | values)


def from_network(money: Money, network: Phone, target: str = DID) -> Call:
    """A call out of the telephone network, by the gateway."""
    proxy = money.telephones.kamailio.address
    sender = f"sip:554899887766@{network.address}"
    return network.call(f"sip:{target}@{proxy[0]}:{proxy[1]}", sender=sender)


def test_without_routes_the_cheapest_gateway_takes_the_call(money: Money) -> None:
    for name, rate_id, price in (("dear", 901, 2), ("cheap", 902, 1), ("unknown", None, 0)):
        money.gateway(name)
        if rate_id:
            money.rate("55", price, rate_id)
            money.operator("gateway", "update", name, "--rate-id", str(rate_id))
    caller = money.caller("1000", money.plan(), credit=99)
    assert took(money, caller.call(NUMBER)) == "cheap"


def test_the_longest_prefix_and_the_nearest_scope_decide(money: Money) -> None:
    for name in ("all", "south", "domain", "plan"):
        money.gateway(name)
    plan = money.plan()
    money.operator("route", "create", "all")
    caller = money.caller("1000", plan, credit=99)
    assert took(money, caller.call(NUMBER)) == "all"
    money.operator("route", "create", "south", "--prefix", "5548")
    assert took(money, caller.call(NUMBER)) == "south"
    assert took(money, caller.call("5511999990000")) == "all"
    money.operator("route", "create", "domain", "--domain", DOMAIN)
    assert took(money, caller.call(NUMBER)) == "domain"
    money.operator("route", "create", "plan", "--plan", str(plan), "--prefix", "55")
    assert took(money, caller.call(NUMBER)) == "plan"


def test_a_number_without_a_route_is_not_found(money: Money) -> None:
    money.gateway("gw1")
    money.operator("route", "create", "gw1", "--prefix", "5511")
    caller = money.caller("1000", money.plan(), credit=99)
    assert caller.call(NUMBER).status == 404
    money.wait("SELECT id FROM call_hold", 0)


def test_a_silent_gateway_is_left_and_left_out_then(money: Money) -> None:
    silent, failing = money.gateway("silent", on_invite=0), money.gateway("failing", on_invite=503)
    last = money.gateway("last")
    for priority, name in enumerate(("silent", "failing", "last")):
        money.operator("route", "create", name, "--priority", str(priority))
    caller = money.caller("1000", money.plan(), credit=99)
    assert took(money, caller.call(NUMBER)) == "last"
    tried = len(silent.invites), len(failing.invites), len(last.invites)
    assert tried == (1, 1, 1)
    started = time.monotonic()
    assert took(money, caller.call(NUMBER)) == "last"
    assert time.monotonic() - started < 15
    assert (len(silent.invites), len(failing.invites)) == (1, 1)


def test_where_all_are_silent_they_are_tried_again(money: Money) -> None:
    gateway = money.gateway("gw1", on_invite=503)
    caller = money.caller("1000", money.plan(), credit=99)
    assert caller.call(NUMBER).status in (500, 503)
    gateway.on_invite = 200
    assert took(money, caller.call(NUMBER)) == "gw1"


def test_busy_is_an_answer(money: Money) -> None:
    money.gateway("busy", on_invite=486)
    other = money.gateway("other")
    for priority, name in enumerate(("busy", "other")):
        money.operator("route", "create", name, "--priority", str(priority))
    caller = money.caller("1000", money.plan(), credit=99)
    call = caller.call(NUMBER)
    assert (call.status, other.invites) == (486, [])
    money.wait("SELECT id FROM acc WHERE callid = :id AND gwid IS NOT NULL", 1, id=call_id(call))


def test_weights_share_the_calls(money: Money) -> None:
    phones = [money.gateway(name, on_invite=486) for name in ("often", "seldom")]
    for name, weight in (("often", "1000000"), ("seldom", "1")):
        money.operator("route", "create", name, "--weight", weight)
    caller = money.caller("1000", money.plan(prepaid=False))
    for _ in range(8):
        caller.call(NUMBER)
    assert len(phones[0].invites) >= 7


def test_a_number_that_is_called_from_the_network(
    money: Money, soap: RemoteSoap, telephones: Telephones
) -> None:
    network, callee = money.gateway("gw1"), telephones.registered("1001")
    number(soap, "1001")
    call = from_network(money, network)
    assert call.status == 200
    callee.wait_for_call()
    assert call.hang_up() == 200
    (row,) = money.records(call_id(call))
    expected = {"service": "did", "basis": "free", "account": f"1001@{DOMAIN}", "number": DID}
    expected |= {"caller_domain": DOMAIN, "caller_id": "554899887766"}
    assert {name: row[name] for name in expected} == expected
    # nobody gets out again that way
    assert from_network(money, network, NUMBER).status == 404


def test_a_number_forwarded_to_a_mobile_is_the_forwarding_accounts_call(
    money: Money, soap: RemoteSoap
) -> None:
    network = money.gateway("gw1")
    money.caller("1001", money.plan(), credit=3, callLimit=0)
    number(soap, "1001")
    key = {"username": "1001", "domain": DOMAIN}
    soap("SubscriberWS", "updateSubscriberClassV", subscriber=key | {"callFwd": NUMBER})
    call = from_network(money, network)
    assert call.status == 200
    assert network.wait_for_call().uri.startswith(f"sip:{NUMBER}@")
    (held,) = money.rows("SELECT held FROM subscriber WHERE username = '1001'")
    assert held["held"] == 3
    assert call.hang_up() == 200
    (row,) = money.records(call_id(call))
    expected = {"service": "pstn", "basis": "prepaid", "account": f"1001@{DOMAIN}"}
    expected |= {"number": NUMBER, "caller_domain": DOMAIN}
    assert {name: row[name] for name in expected} == expected


def test_a_forward_is_not_the_callers_call(money: Money, soap: RemoteSoap) -> None:
    money.gateway("gw1")
    plan = money.plan()
    caller = money.caller("1000", plan)
    money.caller("1001", plan, credit=3)
    key = {"username": "1001", "domain": DOMAIN}
    soap("SubscriberWS", "updateSubscriberClassV", subscriber=key | {"callFwd": NUMBER})
    call = caller.call("1001")
    assert call.hang_up() == 200
    (row,) = money.records(call_id(call))
    assert (row["account"], row["caller_id"]) == (f"1001@{DOMAIN}", "1001")
    money.run("UPDATE subscriber SET credit = 0")
    assert caller.call("1001").status == 402


def test_a_reverse_billed_number_is_paid_by_its_account(money: Money, soap: RemoteSoap) -> None:
    network = money.gateway("gw1")
    callee = money.caller("1001", money.plan())
    number(soap, "1001", reverseBilling=True)
    assert from_network(money, network).status == 402
    assert callee.invites == []
    money.top_up("1001", 3)
    call = from_network(money, network)
    assert call.hang_up() == 200
    (row,) = money.records(call_id(call))
    expected: dict[str, object] = {
        "service": "0800",
        "basis": "prepaid",
        "account": f"1001@{DOMAIN}",
    }
    expected |= {"number": "554899887766", "leg": 0}
    assert {name: row[name] for name in expected} == expected


def test_a_reverse_billed_number_that_is_forwarded_has_two_legs(
    money: Money, soap: RemoteSoap
) -> None:
    network = money.gateway("gw1")
    money.caller("1001", money.plan(1), credit=3)
    number(soap, "1001", reverseBilling=True)
    key = {"username": "1001", "domain": DOMAIN}
    soap("SubscriberWS", "updateSubscriberClassV", subscriber=key | {"callFwd": NUMBER})
    call = from_network(money, network)
    assert call.hang_up() == 200
    out, came = money.records(call_id(call), 2)
    assert (out["service"], out["number"]) == ("pstn", NUMBER)
    assert (came["service"], came["number"]) == ("0800", "554899887766")
    assert out["hold_id"] != came["hold_id"]


def test_no_phone_registers_as_a_gateway(money: Money, telephones: Telephones) -> None:
    network = money.gateway("gw1")
    time.sleep(1.5)  # the proxy looks once a second
    thief = telephones.phone(telephones.subscriber("1000"))
    thief.contact_address = f"{network.address}:{network.port}"
    assert thief.register() == 403
