"""What the flags, aliases, numbers and groups of a subscriber do to its calls."""

import time
from typing import Any

import pytest
import sqlalchemy as sa

from tests.sip.conftest import DOMAIN, Telephones
from tests.sip.soap import RemoteSoap

pytestmark = [pytest.mark.sip, pytest.mark.engines("mariadb")]

ANONYMOUS = "sip:anonymous@anonymous.invalid"


def flag(soap: RemoteSoap, operation: str, username: str) -> None:
    soap("SubscriberWS", operation, username=username, domain=DOMAIN)


def class_v(soap: RemoteSoap, username: str, **values: str) -> None:
    key = {"username": username, "domain": DOMAIN}
    soap("SubscriberWS", "updateSubscriberClassV", subscriber=key | values)


def test_a_call_reaches_the_registered_contact_and_ends(telephones: Telephones) -> None:
    caller, callee = telephones.registered("1000"), telephones.registered("1001")
    call = caller.call("1001")
    assert call.status == 200
    assert callee.wait_for_call().uri == callee.contact
    assert call.hang_up() == 200


def test_a_wrong_password_makes_no_call(telephones: Telephones) -> None:
    caller, callee = telephones.registered("1000"), telephones.registered("1001")
    caller.password = "wrong"
    assert caller.call("1001").status == 407
    assert callee.invites == []


def test_nobody_calls_in_the_name_of_another(telephones: Telephones) -> None:
    caller, callee = telephones.registered("1000"), telephones.registered("1001")
    assert caller.call("1001", sender=f"sip:1002@{DOMAIN}").status == 403
    assert callee.invites == []


def test_a_blocked_subscriber_neither_calls_nor_is_called(
    telephones: Telephones, soap: RemoteSoap
) -> None:
    blocked, other = telephones.registered("1000"), telephones.registered("1001")
    flag(soap, "blockSubscriber", "1000")
    assert blocked.call("1001").status == 407
    assert other.call("1000").status == 404
    flag(soap, "activateSubscriber", "1000")
    assert blocked.call("1001").status == 200
    assert other.call("1000").status == 200


@pytest.mark.parametrize(
    "number", ["x'or'1'='1", "1001'--", "huntgroup-1'or'1'='1", "%27or%271%27"]
)
def test_a_dialled_number_is_never_sql(telephones: Telephones, number: str) -> None:
    caller, callee = telephones.registered("1000"), telephones.registered("1001")
    assert caller.call(number).status == 404
    assert callee.invites == []


def test_blocked_outgoing_calls(telephones: Telephones, soap: RemoteSoap) -> None:
    caller, callee = telephones.registered("1000"), telephones.registered("1001")
    flag(soap, "blockOutgoingCalls", "1000")
    assert caller.call("1001").status == 403
    assert callee.call("1000").status == 200
    flag(soap, "activateOutgoingCalls", "1000")
    assert caller.call("1001").status == 200


def test_blocked_incoming_calls(telephones: Telephones, soap: RemoteSoap) -> None:
    caller, callee = telephones.registered("1000"), telephones.registered("1001")
    flag(soap, "blockIncommingCalls", "1001")
    assert caller.call("1001").status == 403
    assert callee.call("1000").status == 200
    flag(soap, "activateIncommingCalls", "1001")
    assert caller.call("1001").status == 200


@pytest.mark.parametrize(
    ("sender", "headers"),
    [
        (ANONYMOUS, ()),
        (f"sip:anonymous@{DOMAIN}", ()),
        (None, (("Privacy", "id"),)),
    ],
)
def test_blocked_anonymous_calls(
    telephones: Telephones, soap: RemoteSoap, sender: str | None, headers: Any
) -> None:
    caller, callee = telephones.registered("1000"), telephones.registered("1001")
    assert caller.call("1001", sender, headers).status == 200
    flag(soap, "blockAnonymousCalls", "1001")
    assert caller.call("1001", sender, headers).status == 433
    assert caller.call("1001").status == 200
    assert len(callee.invites) == 2


def test_blocked_collect_calls(telephones: Telephones, soap: RemoteSoap) -> None:
    caller = telephones.registered("1000")
    telephones.registered("1001")
    assert caller.call("90901001").status == 200
    flag(soap, "blockCollectCalls", "1001")
    assert caller.call("90901001").status == 403
    assert caller.call("1001").status == 200


def test_blocked_0303_calls(telephones: Telephones, soap: RemoteSoap) -> None:
    call_centre = telephones.registered("03031234567")
    telephones.registered("1001")
    assert call_centre.call("1001").status == 200
    flag(soap, "blockEntry0303", "1001")
    assert call_centre.call("1001").status == 403


def test_a_0303_caller_whose_number_is_not_one(telephones: Telephones, soap: RemoteSoap) -> None:
    caller = telephones.registered("0303123")
    telephones.registered("1001")
    assert caller.call("1001").status == 200
    flag(soap, "activateValidateSource0303", "0303123")
    assert caller.call("1001").status == 403


def test_calls_only_by_ip_refuses_the_password(telephones: Telephones) -> None:
    caller = telephones.registered("1000", callsOnlyByIp=True)
    telephones.registered("1001")
    assert caller.call("1001").status == 403


def test_call_forward(telephones: Telephones, soap: RemoteSoap) -> None:
    caller, first = telephones.registered("1000"), telephones.registered("1001")
    second = telephones.registered("1002")
    class_v(soap, "1001", callFwd=f"sip:1002@{DOMAIN}")
    assert caller.call("1001").status == 200
    second.wait_for_call()
    assert first.invites == []
    class_v(soap, "1001", callFwd="1002")
    assert caller.call("1001").status == 200
    assert len(second.invites) == 2


def test_a_forwarded_call_that_comes_back_ends(telephones: Telephones, soap: RemoteSoap) -> None:
    caller = telephones.registered("1000")
    for one, other in (("1001", "1002"), ("1002", "1001")):
        telephones.registered(one)
        class_v(soap, one, callFwd=other)
    assert caller.call("1001").status == 482


def test_forward_when_busy(telephones: Telephones, soap: RemoteSoap) -> None:
    caller = telephones.registered("1000")
    telephones.registered("1001", on_invite=486)
    second = telephones.registered("1002")
    assert caller.call("1001").status == 486
    class_v(soap, "1001", fwdBusy=f"sip:1002@{DOMAIN}")
    assert caller.call("1001").status == 200
    second.wait_for_call()


def test_forward_when_there_is_no_answer(telephones: Telephones, soap: RemoteSoap) -> None:
    caller = telephones.registered("1000")
    ringing = telephones.registered("1001", on_invite=180, rings=1)
    second = telephones.registered("1002")
    class_v(soap, "1001", noAnswer=f"sip:1002@{DOMAIN}")
    assert caller.call("1001").status == 200
    second.wait_for_call()
    assert ringing.cancelled.wait(5)


def test_forward_when_nobody_is_registered(telephones: Telephones, soap: RemoteSoap) -> None:
    caller, second = telephones.registered("1000"), telephones.registered("1002")
    telephones.subscriber("1001")
    assert caller.call("1001").status == 480
    class_v(soap, "1001", noAnswer="1002")
    assert caller.call("1001").status == 200
    second.wait_for_call()


def test_call_limit(telephones: Telephones) -> None:
    caller = telephones.registered("1010", callLimit=1)
    telephones.registered("1001")
    first = caller.call("1001")
    assert first.status == 200
    assert caller.call("1001").status == 486
    assert first.hang_up() == 200
    assert caller.call("1001").status == 200


def test_calls_per_second(telephones: Telephones, soap: RemoteSoap) -> None:
    caller = telephones.registered("1000")
    telephones.registered("1001")
    services = {"username": "1000", "domain": DOMAIN, "cps": 2, "keepAlive": 0}
    soap("SubscriberWS", "updateSubscriberServices", subscriber=services)
    assert {caller.call("1001").status for _ in range(8)} == {200, 503}
    time.sleep(2.1)
    assert caller.call("1001").status == 200


def test_privacy(telephones: Telephones, soap: RemoteSoap) -> None:
    caller, callee = telephones.registered("1000"), telephones.registered("1001")
    assert caller.call("1001").status == 200
    shown = callee.invites[-1]
    assert "1000" in shown["from"]
    assert shown["p-asserted-identity"] == f"<sip:1000@{DOMAIN}>"
    flag(soap, "activatePrivacyCalls", "1000")
    call = caller.call("1001")
    assert call.status == 200
    hidden = callee.invites[-1]
    assert "1000" not in hidden["from"]
    assert not hidden.all("p-asserted-identity")
    assert f"sip:1000@{DOMAIN}" in call.response["from"]  # the caller's dialog is its own
    assert call.hang_up() == 200


def test_rpid_is_the_identity_shown(telephones: Telephones) -> None:
    caller = telephones.registered("1000", rpid="4830258000")
    callee = telephones.registered("1001")
    assert caller.call("1001").status == 200
    assert callee.invites[-1]["p-asserted-identity"] == f"<sip:4830258000@{DOMAIN}>"


def test_topology_hiding(telephones: Telephones, soap: RemoteSoap) -> None:
    caller, callee = telephones.registered("1000"), telephones.registered("1001")
    assert caller.call("1001").status == 200
    assert str(caller.port) in callee.invites[-1]["contact"]
    flag(soap, "activateTopologyHiding", "1000")
    call = caller.call("1001")
    assert call.status == 200
    assert str(caller.port) not in callee.invites[-1]["contact"]
    assert len(callee.invites[-1].all("via")) == 2
    assert str(caller.port) not in "".join(callee.invites[-1].all("via"))
    assert call.hang_up() == 200


def test_an_alias_reaches_the_registered_contact(telephones: Telephones, soap: RemoteSoap) -> None:
    caller, callee = telephones.registered("1000"), telephones.registered("1001")
    assert caller.call("ana").status == 404
    alias = {"aliasUsername": "ana", "aliasDomain": DOMAIN}
    soap(
        "SubscriberWS", "insertDBAliases", dbAliases=alias | {"username": "1001", "domain": DOMAIN}
    )
    assert caller.call("ana").status == 200
    assert callee.wait_for_call().uri == callee.contact


def test_a_did_reaches_the_registered_contact(telephones: Telephones, soap: RemoteSoap) -> None:
    caller, callee = telephones.registered("1000"), telephones.registered("1001")
    assert caller.call("554830258080").status == 404
    did = {
        "accountCode": f"1001@{DOMAIN}",
        "aliasUsername": "554830258080",
        "username": "1001",
        "domain": DOMAIN,
        "didToRuri": True,
        "didHeader": "X-Did",
        "reverseBilling": False,
    }
    number = soap("DidWS", "insertDid", did=did)
    assert caller.call("554830258080").status == 200
    invite = callee.wait_for_call()
    assert invite.uri.startswith("sip:554830258080@")
    assert invite["x-did"] == "554830258080"
    soap("DidWS", "deleteDid", didId=number)
    assert caller.call("554830258080").status == 404


def group(soap: RemoteSoap, method: str, members: str, timeout: int = 1) -> Any:
    values: dict[str, object] = {"domain": DOMAIN, "description": "Vendas", "method": method}
    values |= {"groupList": members, "timeout": timeout}
    return soap("HuntGroupWS", "insertHuntGroup", huntGroup=values)


def test_a_parallel_hunt_group_rings_all_members(telephones: Telephones, soap: RemoteSoap) -> None:
    caller = telephones.registered("1000")
    ringing = telephones.registered("1001", on_invite=180)
    answering = telephones.registered("1002", on_invite=180)
    made = group(soap, "paralell", "1001;1002", timeout=20)
    answering.on_invite = 200
    # Nobody picks up within a millisecond, where tm may not know yet that the other one rings.
    answering.rings = 0.2
    assert caller.call(made.uri).status == 200
    ringing.wait_for_call()
    answering.wait_for_call()
    assert ringing.cancelled.wait(5)
    soap("HuntGroupWS", "removeHuntGroup", domain=DOMAIN, huntGroupId=made.id)
    assert caller.call(made.uri).status == 404


def test_a_serial_hunt_group_rings_one_after_the_other(
    telephones: Telephones, soap: RemoteSoap
) -> None:
    caller = telephones.registered("1000")
    silent = telephones.registered("1001", on_invite=180)
    busy = telephones.registered("1002", on_invite=486)
    telephones.subscriber("1003")  # has no phone
    last = telephones.registered("1004")
    made = group(soap, "serial", "1001;1003;1002;1004")
    started = time.monotonic()
    assert caller.call(made.uri).status == 200
    assert time.monotonic() - started > 0.9
    assert [len(one.invites) for one in (silent, busy, last)] == [1, 1, 1]
    assert silent.cancelled.wait(5)
    last.on_invite = 486
    assert caller.call(made.uri).status == 480


def test_a_did_of_a_hunt_group(telephones: Telephones, soap: RemoteSoap) -> None:
    caller, member = telephones.registered("1000"), telephones.registered("1001")
    made = group(soap, "serial", "1001")
    did = {
        "accountCode": f"1000@{DOMAIN}",
        "aliasUsername": "554830258081",
        "username": made.uri.removeprefix("sip:").partition("@")[0],
        "domain": DOMAIN,
        "didToRuri": False,
        "reverseBilling": False,
    }
    soap("DidWS", "insertDid", did=did)
    assert caller.call("554830258081").status == 200
    member.wait_for_call()


def test_a_blocked_member_is_not_rung(telephones: Telephones, soap: RemoteSoap) -> None:
    caller, blocked = telephones.registered("1000"), telephones.registered("1001")
    other = telephones.registered("1002")
    made = group(soap, "paralell", "1001;1002")
    flag(soap, "blockIncommingCalls", "1001")
    assert caller.call(made.uri).status == 200
    other.wait_for_call()
    assert blocked.invites == []


def test_a_permanent_contact_written_by_hand_is_reached(
    telephones: Telephones, engine: sa.Engine
) -> None:
    """Epoch 0 in UTC: Kamailio runs in UTC."""
    caller = telephones.registered("1000")
    fixed = telephones.phone(telephones.subscriber("1001"))
    row = {"ruid": "by-hand", "contact": fixed.contact, "expires": "1970-01-01 00:00:00"}
    insert = (
        "INSERT INTO location (ruid, username, domain, contact, expires) "
        f"VALUES (:ruid, '1001', '{DOMAIN}', :contact, :expires)"
    )
    with engine.connect() as db:
        db.execute(sa.text(insert), row)
    assert caller.call("1001").status == 200
    fixed.wait_for_call()
