"""What a call to the telephone network may do, before it goes to a gateway."""

from typing import Any

import pytest

from tests.sip.conftest import DOMAIN, Telephones
from tests.sip.money import Money, money
from tests.sip.phone import Call
from tests.sip.soap import RemoteSoap

__all__ = ["money"]
pytestmark = [pytest.mark.sip, pytest.mark.engines("mariadb")]

NUMBER = "5548999990000"


def call_id(call: Call) -> str:
    return dict(call.headers)["Call-ID"]


def answer(call: Call) -> tuple[int, str]:
    return call.response.status, call.response.reason


def refusal(money: Money, call: Call) -> tuple[str, str, str]:
    """What `acc` says of the call."""
    query = "SELECT sip_code, sip_reason, service FROM acc WHERE callid = :id"
    money.wait(query, 1, id=call_id(call))
    (row,) = money.rows(query, id=call_id(call))
    return tuple(row.values())


def account(money: Money, username: str = "1000") -> dict[str, Any]:
    query = "SELECT credit, held FROM subscriber WHERE username = :username"
    return money.rows(query, username=username)[0]


def test_prepaid_without_enough_for_the_first_block(money: Money) -> None:
    network = money.gateway("gw1")
    caller = money.caller("1000", money.plan(txConnection=4), credit=3)
    refused = caller.call(NUMBER)
    assert answer(refused) == (402, "Not Enough Credit")
    assert refusal(money, refused) == ("402", "Not Enough Credit", "pstn")
    assert network.invites == []
    money.top_up("1000", 1)
    allowed = caller.call(NUMBER)
    assert answer(allowed)[0] == 200
    assert account(money)["held"] == 4
    assert allowed.hang_up() == 200
    (row,) = money.records(call_id(allowed))
    assert (row["basis"], row["service"], row["number"]) == ("prepaid", "pstn", NUMBER)
    assert row["hold_id"] is not None
    assert row["gateway_address"] == f"{network.address}:{network.port}"
    assert row["dst_uri"] == f"sip:{NUMBER}@{network.address}:{network.port}"


def test_a_call_that_comes_to_nothing_gives_its_money_back(money: Money) -> None:
    money.gateway("gw1", on_invite=486)
    caller = money.caller("1000", money.plan(), credit=3)
    call = caller.call(NUMBER)
    assert call.status == 486
    money.wait("SELECT id FROM call_hold", 0)
    assert account(money) == {"credit": 3, "held": 0}
    (row,) = money.rows("SELECT * FROM acc WHERE callid = :id", id=call_id(call))
    (gateway,) = money.rows("SELECT id FROM gateway")
    assert (row["service"], row["gwid"]) == ("pstn", gateway["id"])


def test_no_rate(money: Money) -> None:
    money.gateway("gw1")
    blocked = money.caller("1000", money.plan(), credit=3)
    refused = blocked.call("4948999990000")
    assert answer(refused) == (403, "No Rate For This Destination")
    assert refusal(money, refused)[1] == "No Rate For This Destination"
    plan = money.plan(blockCallsWithoutRate=False)
    poor = money.caller("1002", plan)
    assert answer(poor.call("4948999990000")) == (402, "Not Enough Credit")
    rich = money.caller("1003", plan, credit=1)
    call = rich.call("4948999990000")
    assert call.hang_up() == 200
    assert money.records(call_id(call))[0]["basis"] == "no rate"


def test_postpaid_goes_below_zero(money: Money) -> None:
    money.gateway("gw1")
    caller = money.caller("1000", money.plan(prepaid=False))
    money.run("UPDATE subscriber SET credit = -50")
    call = caller.call(NUMBER)
    assert call.hang_up() == 200
    assert money.records(call_id(call))[0]["basis"] == "postpaid"


def test_credit_past_its_validity(money: Money) -> None:
    money.gateway("gw1")
    caller = money.caller("1000", money.plan(limitToCreditExpires=30), credit=3)
    money.run("UPDATE subscriber SET credit_expires_at = UTC_TIMESTAMP() - INTERVAL 1 SECOND")
    refused = caller.call(NUMBER)
    assert refusal(money, refused)[:2] == ("402", "Credit Expired")
    money.run("UPDATE subscriber SET credit_expires_at = UTC_TIMESTAMP() + INTERVAL 1 HOUR")
    assert caller.call(NUMBER).hang_up() == 200


@pytest.mark.parametrize(("name", "reason"), [("daily", "Daily"), ("monthly", "Monthly")])
def test_quota(money: Money, name: str, reason: str) -> None:
    money.gateway("gw1")
    caller = money.caller("1000", money.plan(prepaid=False))
    money.run(
        f"UPDATE subscriber SET {name}_quota = 1, {name}_quota_type = 'M', "
        f"{name}_quota_limit = 10, {name}_quota_consumed = 9.5"
    )
    assert caller.call(NUMBER).hang_up() == 200
    money.run(f"UPDATE subscriber SET {name}_quota_consumed = 10")
    assert answer(caller.call(NUMBER)) == (403, f"{reason} Quota Reached")


def test_the_white_list_always_passes(money: Money, soap: RemoteSoap) -> None:
    money.gateway("gw1")
    caller = money.caller("1000", money.plan())
    assert caller.call(NUMBER).status == 402
    entry = {"username": "1000", "domain": DOMAIN, "prefix": NUMBER}
    soap("WhiteListWS", "insertWhiteList", whiteList=entry)
    call = caller.call(NUMBER)
    assert call.hang_up() == 200
    assert money.records(call_id(call))[0]["basis"] == "white list"
    assert caller.call(NUMBER + "1").status == 402


@pytest.mark.parametrize("number", ["190", "10321", "112", "911"])
def test_emergency_numbers_pass_whatever_is_blocked(
    money: Money, soap: RemoteSoap, number: str
) -> None:
    network = money.gateway("gw1")
    caller = money.caller("1000", money.plan(), callLimit=1)
    for operation in ("blockOutgoingCalls", "activateCallsOnlyByIp"):
        soap("SubscriberWS", operation, username="1000", domain=DOMAIN)
    assert caller.call(NUMBER).status == 403
    call = caller.call(number)
    assert call.status == 200
    assert caller.call(number).hang_up() == 200  # beyond its limit of calls
    assert call.hang_up() == 200
    (row,) = money.records(call_id(call))
    assert (row["basis"], row["hold_id"], row["service"]) == ("emergency", None, "pstn")
    assert [invite.uri for invite in network.invites] == [f"sip:{number}@{DOMAIN}"] * 2


def test_an_extension_of_three_digits_is_no_emergency(
    money: Money, telephones: Telephones, soap: RemoteSoap
) -> None:
    money.gateway("gw1")
    colleague = telephones.registered("190")
    caller = money.caller("1000", money.plan())
    soap("SubscriberWS", "blockOutgoingCalls", username="1000", domain=DOMAIN)
    assert answer(caller.call("190")) == (403, "Outgoing Calls Blocked")
    assert colleague.invites == []


def test_a_reseller_without_credit_stops_its_subscribers(money: Money, soap: RemoteSoap) -> None:
    money.gateway("gw1")
    reseller = {"domain": DOMAIN, "name": "acme", "username": "acme", "password": "x"}
    reseller |= dict.fromkeys(("manager", "email", "phone", "mobile"), "x")
    number = soap("ResellerWS", "insertReseller", reseller=reseller | {"credit": 0})
    caller = money.caller("1000", money.plan(), credit=9, resellerId=number)
    assert answer(caller.call(NUMBER)) == (402, "Reseller Without Credit")
    credit = {"resellerName": "acme", "domain": DOMAIN, "obs": "x"}
    soap("ResellerWS", "addResellerCredit", **credit, value=2)
    call = caller.call(NUMBER)
    (held,) = money.rows("SELECT held FROM reseller")
    assert (held["held"], account(money)["held"]) == (2, 2)
    assert call.hang_up() == 200


def test_a_group_spends_its_managers_credit(money: Money, soap: RemoteSoap) -> None:
    money.gateway("gw1")
    plan = money.plan()
    member = money.caller("1000", plan)
    money.caller("1001", plan, credit=5)
    group = {"accountManager": f"1001@{DOMAIN}", "managerProfile": "DEFAULT"}
    soap("AccountGroupWS", "addAccountGroup", **group, account=[f"1000@{DOMAIN}"])
    call = member.call(NUMBER)
    assert (account(money)["held"], account(money, "1001")["held"]) == (0, 5)
    assert call.hang_up() == 200
    assert money.records(call_id(call))[0]["account"] == f"1000@{DOMAIN}"


def test_forwards_in_a_circle_hold_nothing(
    money: Money, telephones: Telephones, soap: RemoteSoap
) -> None:
    """A reverse billed number whose account forwards to another, and that one back."""
    network = money.gateway("gw1")
    plan = money.plan()
    for username, target in (("1000", "1001"), ("1001", "1000")):
        money.caller(username, plan, credit=9)
        key = {"username": username, "domain": DOMAIN}
        soap("SubscriberWS", "updateSubscriberClassV", subscriber=key | {"callFwd": target})
    did: dict[str, Any] = {
        "aliasUsername": "08001234",
        "accountCode": f"1000@{DOMAIN}",
        "username": "1000",
    }
    did |= {"domain": DOMAIN, "didToRuri": False, "reverseBilling": True}
    number = soap("DidWS", "insertDid", did=did)
    try:
        # from the network, at the cost of 1000
        call = network.call("08001234", sender=f"sip:{NUMBER}@{DOMAIN}")
        assert answer(call)[0] == 482
        money.wait("SELECT id FROM call_hold", 0)
        for username in ("1000", "1001"):
            assert account(money, username) == {"credit": 9, "held": 0}
        assert refusal(money, call)[:2] == ("482", "Loop Detected")
    finally:
        money.run("DELETE FROM did WHERE id = :id", id=number)


def test_an_error_refuses_prepaid_and_lets_the_others_pass(money: Money) -> None:
    money.gateway("gw1")
    prepaid = money.caller("1000", money.plan(), credit=3)
    postpaid = money.caller("1001", money.plan(prepaid=False))
    money.run("ALTER TABLE rate RENAME COLUMN rate_value TO lost")
    try:
        refused = prepaid.call(NUMBER)
        passed = postpaid.call(NUMBER)
        emergency = prepaid.call("190")
    finally:
        money.run("ALTER TABLE rate RENAME COLUMN lost TO rate_value")
    assert answer(refused) == (503, "Charging Not Available")
    assert (passed.hang_up(), emergency.hang_up()) == (200, 200)
    assert money.records(call_id(passed))[0]["basis"] == "error"
    assert money.records(call_id(emergency))[0]["basis"] == "emergency"
    errors = money.rows("SELECT account, error FROM admission_error ORDER BY id")
    assert [error["account"] for error in errors] == [f"1000@{DOMAIN}", f"1001@{DOMAIN}"]
    assert "rate_value" in errors[0]["error"]
    money.run("DELETE FROM admission_error")


def test_charging_off_refuses_nothing(money: Money) -> None:
    caller = money.caller("1000", money.plan())
    money.gateway("gw1")
    money.operator("charging", "off")
    try:
        # there is no GATEWAY in local.cfg: as before charging
        assert answer(caller.call(NUMBER)) == (404, "Not Found")
    finally:
        money.operator("charging", "on")
    assert caller.call(NUMBER).status == 402


@pytest.mark.parametrize("number", ["5" * 64, "+5548999990000", "55abc", "0055489999'or'1"])
def test_odd_numbers(money: Money, number: str) -> None:
    money.gateway("gw1")
    caller = money.caller("1000", money.plan(), credit=3)
    assert caller.call(number).status in (200, 400, 403)
    assert money.rows("SELECT * FROM admission_error") == []
