"""Bytes that are no text: what they spoil is refused, all else is stored."""

import secrets

import pytest

from tests.sip.conftest import DOMAIN, Telephones
from tests.sip.money import Money, money

__all__ = ["money"]
pytestmark = [pytest.mark.sip, pytest.mark.engines("mariadb")]

NUMBER = "5548999990000"
LATIN, CUT, HALF = "\udcff", "\udcf0\udc9f", "\udced\udca0\udc80"
AGENTS = ["ç", "ç" * 120, LATIN, CUT, HALF]
with_agents = pytest.mark.parametrize("agent", AGENTS, ids=["ç", "long", "latin", "cut", "half"])


@pytest.mark.parametrize("odd", [LATIN, CUT, HALF], ids=["latin", "cut", "half"])
@pytest.mark.parametrize("place", ["Call-ID", "From", "number", "Contact"])
def test_a_call_that_could_not_be_stored_is_refused(money: Money, place: str, odd: str) -> None:
    money.gateway("gw1")
    caller = money.caller("1000", money.plan(), credit=3)
    headers = {
        "Call-ID": (("Call-ID", secrets.token_hex(8) + odd),),
        "From": (("From", f"<{caller.account}>;tag=a{odd}"),),
        "Contact": (("Contact", f"<sip:{odd}@127.0.0.1:{caller.port}>"),),
    }.get(place, ())
    call = caller.call(NUMBER + odd if place == "number" else NUMBER, headers=headers)
    assert call.response.status == 400
    assert money.rows("SELECT 1 FROM call_hold UNION ALL SELECT 1 FROM admission_error") == []


@with_agents
def test_whatever_the_agent_is_called(telephones: Telephones, money: Money, agent: str) -> None:
    caller = money.caller("1000", money.plan())
    telephones.registered("1001")
    told = (("User-Agent", agent),)
    headers = [("Contact", f"<{caller.contact}>"), ("Expires", "600"), *told]
    registered, _ = caller._converse("REGISTER", f"sip:{DOMAIN}", caller.account, headers, None)
    assert registered.status == 200
    (location,) = money.rows("SELECT user_agent FROM location WHERE username = '1000'")

    assert caller.call(NUMBER, headers=told).response.status == 402
    money.wait("SELECT user_agent FROM acc", 1)
    (refused,) = money.rows("SELECT user_agent FROM acc")

    call = caller.call("1001", headers=told)
    assert call.hang_up() == 200
    (record,) = money.records(dict(call.headers)["Call-ID"])

    (stored,) = {row["user_agent"] for row in (location, refused, record)}
    assert (stored == agent[:255]) == ("ç" in agent)
    assert stored


def test_the_longest_record_is_stored(money: Money) -> None:
    money.gateway("gw1")
    caller = money.caller("1000", money.plan(), credit=3)
    sent = {
        "Call-ID": secrets.token_hex(120),
        "From": f"<{caller.account};x={'f' * 220}>;tag={secrets.token_hex(90)}",
        "User-Agent": "ç" * 255,
    }
    call = caller.call(f"sip:{NUMBER}@{DOMAIN};x={'r' * 220}", headers=tuple(sent.items()))
    assert call.hang_up() == 200
    (record,) = money.records(sent["Call-ID"])
    assert record["src_uri"].endswith("f" * 220)
    assert record["user_agent"] == sent["User-Agent"]


@pytest.mark.parametrize(
    ("sender", "status"), [("ç", 200), ("ç" * 150, 414)], ids=["short", "long"]
)
def test_uris_in_utf_8_are_taken(money: Money, sender: str, status: int) -> None:
    money.gateway("gw1")
    caller = money.caller("1000", money.plan(), credit=3)
    told = (("From", f"<{caller.account};x={sender}>;tag={secrets.token_hex(4)}"),)
    call = caller.call(NUMBER, headers=told)
    assert call.response.status == status
    if status == 200:
        assert call.hang_up() == 200
        (record,) = money.records(dict(call.headers)["Call-ID"])
        assert record["src_uri"].endswith("x=ç")
