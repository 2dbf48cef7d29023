"""A proxy that was killed, or does not come back: its calls end, are recorded, and hold nothing."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.sip.money import Money, money
from tests.sip.phone import Call, Phone
from tests.sip.servers import Kamailio

__all__ = ["money"]
pytestmark = [pytest.mark.sip, pytest.mark.engines("mariadb")]

NUMBER = "5548999990000"
PATIENCE = 120  # seconds
# a slice is longer than a loaded machine may need to start the proxy again
LOCAL = "#!define HOLD_SLICE 20\n#!define HOLD_LEAD 18\n#!define KEEP_ALIVE 30\n"


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.sip.phone.SECONDS", PATIENCE)


@pytest.fixture
def proxy(tmp_path: Path, proxy_database: str) -> Iterator[Kamailio]:
    made = Kamailio(tmp_path / "kamailio", proxy_database, local=LOCAL)
    yield made
    made.stop()


def call_id(call: Call) -> str:
    return dict(call.headers)["Call-ID"]


def answered(money: Money, proxy: Kamailio, credit: float) -> tuple[Call, Phone, Phone]:
    """A prepaid call that is up: one money a second."""
    network, caller = money.gateway("gw1"), money.caller("1000", money.plan(), credit=credit)
    network.proxy = caller.proxy = proxy.address
    call = caller.call(NUMBER)
    assert call.status == 200
    money.wait("SELECT id FROM call_hold WHERE answered_at IS NOT NULL", 1)
    return call, network, caller


def wait_until_longer(proxy: Kamailio, call: Call, seconds: int) -> None:
    """Until the proxy lets a call go on for longer than so many seconds."""
    deadline = time.monotonic() + PATIENCE
    while (longest := proxy.longest(call_id(call))) <= seconds:
        assert time.monotonic() < deadline, longest
        time.sleep(0.2)


def test_a_top_up_after_the_restart_lengthens_the_call(money: Money, proxy: Kamailio) -> None:
    call, network, caller = answered(money, proxy, credit=20)
    proxy.kill()
    money.top_up("1000", 500)
    proxy.start()
    wait_until_longer(proxy, call, 22)
    assert not caller.byes
    assert not network.byes
    assert call.hang_up() == 200
    (row,) = money.records(call_id(call))
    money.wait("SELECT id FROM call_raw WHERE state <> 1", 0, seconds=90)
    money.wait("SELECT id FROM subscriber WHERE username = '1000' AND held = 0", 1)
    (left,) = money.rows("SELECT credit FROM subscriber WHERE username = '1000'")
    assert left["credit"] == 520 - row["duration_ms"] // 1000


def test_a_call_whose_dialog_was_lost_holds_nothing_more(
    money: Money, proxy: Kamailio, proxy_database: str
) -> None:
    """Killed before its tables had the call; one that is known there goes on."""
    _, caller = answered(money, proxy, credit=500)[1:]
    proxy.kill()
    schema = proxy_database.rpartition("/")[2]
    money.run(f"DELETE FROM {schema}.dialog")
    proxy.start()
    other = money.caller("1001", money.plans[0], credit=500)
    other.proxy = proxy.address
    call = other.call(NUMBER)
    assert call.status == 200
    lost = "SELECT seconds FROM call_hold WHERE lost_at IS NOT NULL"
    money.wait(lost, 1, seconds=PATIENCE)
    (before,) = money.rows(lost)
    assert before["seconds"] < 100
    time.sleep(5)
    assert money.rows(lost) == [before]
    money.run("UPDATE call_hold SET lost_at = lost_at - INTERVAL 1 MINUTE")
    money.wait("SELECT id FROM call_hold", 1, seconds=PATIENCE)
    (left,) = money.rows("SELECT credit, held FROM subscriber WHERE username = '1000'")
    assert left == {"credit": 500, "held": 0}
    assert not caller.byes
    assert not other.byes
    assert call.hang_up() == 200
    (row,) = money.records(call_id(call))
    assert row["duration_ms"] >= 5_000
    money.wait("SELECT id FROM call_hold", 0, seconds=90)


def test_a_call_that_rang_when_the_proxy_was_killed_holds_nothing(
    money: Money, proxy: Kamailio
) -> None:
    money.gateway("gw1", on_invite=180)
    caller = money.caller("1000", money.plan(), credit=9)
    caller.proxy = proxy.address
    with ThreadPoolExecutor(1) as pool:
        ringing: Any = pool.submit(caller.call, NUMBER)
        money.wait("SELECT id FROM call_hold", 1)
        proxy.kill()
        money.run("UPDATE call_hold SET created_at = created_at - INTERVAL 1 MINUTE")
        proxy.start()
        money.wait("SELECT id FROM call_hold", 0, seconds=PATIENCE)
        assert isinstance(ringing.exception(), TimeoutError)
    (left,) = money.rows("SELECT credit, held FROM subscriber WHERE username = '1000'")
    assert left == {"credit": 9, "held": 0}


def test_that_a_call_was_answered_is_found_after_a_kill(money: Money, proxy: Kamailio) -> None:
    """The proxy had no time to say so: the call is lengthened all the same."""
    call, _, caller = answered(money, proxy, credit=500)
    proxy.kill()
    money.run("UPDATE call_hold SET answered_at = NULL, cut_at = NULL, due_at = NULL")
    proxy.start()
    wait_until_longer(proxy, call, 22)
    assert not caller.byes
    assert call.hang_up() == 200
    money.wait("SELECT id FROM call_hold", 0, seconds=90)


def test_who_vanishes_after_the_restart_costs_no_more_than_the_credit(
    money: Money, proxy: Kamailio
) -> None:
    """A proxy asks those whether they are there whose calls it began itself; money ends all."""
    call, network, caller = answered(money, proxy, credit=20)
    proxy.kill()
    proxy.start()
    caller.close()
    network.wait_for_bye(PATIENCE)
    (row,) = money.records(call_id(call))
    money.wait("SELECT id FROM call_hold", 0, seconds=90)
    assert row["ended_by"] == "proxy"
    (left,) = money.rows("SELECT credit, held FROM subscriber WHERE username = '1000'")
    assert left == {"credit": 20 - row["duration_ms"] // 1000, "held": 0}
    assert left["credit"] > -9  # before anybody would be asked
