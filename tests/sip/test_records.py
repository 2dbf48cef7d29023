"""A completed call leaves exactly one raw record, whatever happens to it."""

import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.sip.conftest import DOMAIN, Telephones
from tests.sip.money import Money, money
from tests.sip.phone import Call, Phone
from tests.sip.servers import Kamailio
from tests.sip.soap import RemoteSoap

__all__ = ["money"]
pytestmark = [pytest.mark.sip, pytest.mark.engines("mariadb")]


@pytest.fixture
def proxy(tmp_path: Path, proxy_database: str) -> Iterator[Kamailio]:
    """A proxy of this test's own, which it may kill."""
    made = Kamailio(tmp_path / "kamailio", proxy_database)
    yield made
    made.stop()


def call_id(call: Call) -> str:
    return dict(call.headers)["Call-ID"]


def pair(telephones: Telephones, proxy: Kamailio) -> tuple[Phone, Phone]:
    """Two phones registered at this proxy."""
    phones = telephones.registered("1000"), telephones.registered("1001")
    for phone in phones:
        phone.proxy = proxy.address
    return phones


def test_a_record_tells_all_of_a_call(telephones: Telephones, money: Money) -> None:
    caller, callee = telephones.registered("1000"), telephones.registered("1001")
    call = caller.call("1001")
    time.sleep(1.1)
    assert call.hang_up() == 200
    (row,) = money.records(call_id(call))
    expected = {
        "from_tag": dict(call.headers)["From"].partition("tag=")[2],
        "to_tag": str(callee.port),
        "account": f"1000@{DOMAIN}",
        "basis": "free",
        "caller_domain": DOMAIN,
        "caller_id": "1000",
        "src_uri": f"sip:1000@{DOMAIN}",
        "dst_uri": f"sip:1001@{DOMAIN}",
        "number": "1001",
        "service": "local",
        "gateway_id": None,
        "profile": "DEFAULT",
        "user_agent": "sippulse-ws tests",
        "src_ip": "127.0.0.1",
        "dst_ip": "127.0.0.1",
        "hold_id": None,
        "ended_by": None,
    }
    assert {name: row[name] for name in expected} == expected
    assert 1000 <= row["duration_ms"] < 60000
    measured = (row["ended"] - row["started"]).total_seconds() * 1000
    assert abs(measured - row["duration_ms"]) < 2
    (now,) = money.rows("SELECT UTC_TIMESTAMP(6) AS now")
    assert abs((now["now"] - row["ended"]).total_seconds()) < 60


def test_either_side_hangs_up_and_the_bye_comes_twice(telephones: Telephones, money: Money) -> None:
    caller, callee = telephones.registered("1000"), telephones.registered("1001")
    first = caller.call("1001")
    assert callee.hang_up(callee.wait_for_call()) == 200
    second = caller.call("1001")
    assert second.hang_up() == 200
    assert second.hang_up() in (200, 404, 481)
    for call in (first, second):
        assert len(money.records(call_id(call))) == 1


def test_what_was_not_answered_leaves_none(telephones: Telephones, money: Money) -> None:
    caller = telephones.registered("1000")
    telephones.registered("1001", on_invite=486)
    assert caller.call("1001").status == 486
    assert caller.call("1999").status == 404
    time.sleep(0.5)
    assert money.rows("SELECT * FROM call_raw") == []


def test_a_forwarded_call_leaves_one(
    telephones: Telephones, soap: RemoteSoap, money: Money
) -> None:
    caller = telephones.registered("1000")
    telephones.registered("1001", on_invite=486)
    telephones.registered("1002")
    key = {"username": "1001", "domain": DOMAIN}
    soap("SubscriberWS", "updateSubscriberClassV", subscriber=key | {"fwdBusy": "1002"})
    call = caller.call("1001")
    assert call.hang_up() == 200
    (row,) = money.records(call_id(call))
    assert (row["dst_uri"], row["service"]) == (f"sip:1002@{DOMAIN}", "local")


@pytest.mark.parametrize("method", ["paralell", "serial"])
def test_a_hunt_group_leaves_one(
    telephones: Telephones, soap: RemoteSoap, money: Money, method: str
) -> None:
    caller = telephones.registered("1000")
    telephones.registered("1001", on_invite=180)
    answering = telephones.registered("1002")
    answering.rings = 0.2
    values = {"domain": DOMAIN, "description": "x", "method": method, "timeout": 1}
    made = soap("HuntGroupWS", "insertHuntGroup", huntGroup=values | {"groupList": "1001;1002"})
    call = caller.call(made.uri)
    assert call.status == 200
    assert call.hang_up() == 200
    (row,) = money.records(call_id(call))
    assert (row["to_tag"], row["service"]) == (str(answering.port), "local")


def test_a_reinvite_is_the_same_call(telephones: Telephones, money: Money) -> None:
    caller, callee = telephones.registered("1000"), telephones.registered("1001")
    call = caller.call("1001")
    assert caller.within(call, "INVITE").status == 200
    caller.within(call, "ACK")
    assert len(callee.invites) == 2
    assert call.hang_up() == 200
    assert len(money.records(call_id(call))) == 1


def test_killed_in_the_call_and_started_again(
    telephones: Telephones, proxy: Kamailio, money: Money
) -> None:
    caller, _ = pair(telephones, proxy)
    call = caller.call("1001")
    time.sleep(1)
    proxy.kill()
    time.sleep(1)
    proxy.start()
    assert call.hang_up() == 200
    (row,) = money.records(call_id(call))
    assert 2000 <= row["duration_ms"] < 60000
    assert row["account"] == f"1000@{DOMAIN}"


def test_the_database_away_at_the_hang_up(
    telephones: Telephones,
    proxy: Kamailio,
    money: Money,
    proxy_database: str,
    engine: sa.Engine,
) -> None:
    caller, callee = pair(telephones, proxy)
    call = caller.call("1001")
    account = str(sa.make_url(proxy_database).username)
    with engine.connect() as db:
        db.execute(sa.text(f"ALTER USER '{account}'@'127.0.0.1' ACCOUNT LOCK"))
        try:
            connections = sa.text("SELECT id FROM information_schema.processlist WHERE user = :u")
            for (connection,) in db.execute(connections, {"u": account}).all():
                db.execute(sa.text(f"KILL {connection}"))
            assert call.hang_up() == 200
            callee.wait_for_bye()
            time.sleep(2)
            assert money.rows("SELECT * FROM call_raw") == []
        finally:
            db.execute(sa.text(f"ALTER USER '{account}'@'127.0.0.1' ACCOUNT UNLOCK"))
    (row,) = money.records(call_id(call))
    assert row["duration_ms"] < 30000


def test_no_call_waits_for_a_record_that_cannot_be_written(
    telephones: Telephones, money: Money, engine: sa.Engine
) -> None:
    caller, callee = telephones.registered("1000"), telephones.registered("1001")
    first = caller.call("1001")
    with engine.connect() as db:
        db.execute(sa.text("LOCK TABLES call_raw WRITE"))
        assert first.hang_up() == 200
        callee.wait_for_bye()
        second = caller.call("1001")
        assert second.hang_up() == 200
        db.execute(sa.text("UNLOCK TABLES"))
    for call in (first, second):
        assert len(money.records(call_id(call))) == 1


def test_two_proxies_record_their_own_calls(
    telephones: Telephones, proxy: Kamailio, kamailio: Kamailio, money: Money
) -> None:
    caller = telephones.registered("1000")
    telephones.registered("1001")
    first = caller.call("1001")
    caller.proxy = proxy.address
    second = caller.call("1001")
    assert (first.hang_up(), second.hang_up()) == (200, 200)
    names = {money.records(call_id(call))[0]["proxy"] for call in (first, second)}
    assert len(names) == 2


def test_two_proxies_with_schemas_of_their_own(
    telephones: Telephones,
    proxy: Kamailio,
    money: Money,
    tmp_path: Path,
    database_url: str,
) -> None:
    """Neither knows the other's calls after a kill, and both spend one credit."""
    url = sa.make_url(database_url)
    schema, account, password = f"{url.database}_kam2", f"kam{secrets.token_hex(4)}", "p4ss"
    named = ("db", "proxy-views", "kamailio", "--schema", schema, "--account", account)
    money.operator(*named, "--password-stdin", input=password)
    second = Kamailio(
        tmp_path / "second", f"mysql://{account}:{password}@{url.host}:{url.port}/{schema}"
    )
    try:
        money.gateway("gw1")
        caller = money.caller("1000", money.plan(), credit=200)
        other = telephones.phone("1000")
        caller.proxy, other.proxy = proxy.address, second.address
        calls = [caller.call("5548999990000"), other.call("5548999990000")]
        assert [call.status for call in calls] == [200, 200]
        (held,) = money.rows("SELECT held FROM subscriber WHERE username = '1000'")
        assert held["held"] == 120
        ids = [call_id(call) for call in calls]
        for one, own in zip((proxy, second), ids, strict=True):
            one.kill()
            one.start()
            under_way: Any = one.rpc("dlg.list")  # the first's schema has tests' calls of before
            assert {call["call-id"] for call in under_way} & set(ids) == {own}
        assert [call.hang_up() for call in calls] == [200, 200]
        rows = [money.records(call_id(call))[0] for call in calls]
        assert len({row["proxy"] for row in rows}) == 2
        money.wait("SELECT id FROM call_raw WHERE state <> 1", 0, seconds=90)
        money.wait("SELECT id FROM subscriber WHERE username = '1000' AND held = 0", 1)
        (left,) = money.rows("SELECT credit FROM subscriber WHERE username = '1000'")
        assert left["credit"] == 200 - sum(row["duration_ms"] // 1000 for row in rows)
    finally:
        second.stop()
        money.operator(*named, "--drop")


def test_nothing_a_phone_sends_is_sql(telephones: Telephones, money: Money) -> None:
    caller = telephones.registered("1000")
    telephones.registered("1001")
    agent = "'); DROP TABLE call_raw; -- \\' \" \\x00 ç"
    call = caller.call("1001", headers=(("User-Agent", agent),))
    assert call.hang_up() == 200
    (row,) = money.records(call_id(call))
    assert row["user_agent"] in ("sippulse-ws tests", agent)


def test_a_call_made_while_charging_is_off_is_marked(telephones: Telephones, money: Money) -> None:
    caller = telephones.registered("1000")
    telephones.registered("1001")
    money.operator("charging", "off")
    try:
        call = caller.call("1001")
        assert call.hang_up() == 200
        (row,) = money.records(call_id(call))
        assert row["state"] == 3
    finally:
        money.operator("charging", "on")
