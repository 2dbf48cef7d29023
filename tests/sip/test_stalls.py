"""The database stands still, or a phone vanishes, in the middle of calls: nothing is lost."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.sip.conftest import Telephones
from tests.sip.money import Money, money
from tests.sip.phone import Call, Phone
from tests.sip.servers import Kamailio

__all__ = ["money"]
pytestmark = [pytest.mark.sip, pytest.mark.engines("mariadb")]

NUMBER = "5548999990000"
PATIENCE = 120  # seconds


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy waits some seconds for a database before it answers."""
    monkeypatch.setattr("tests.sip.phone.SECONDS", PATIENCE)


@contextmanager
def stopped(engine: sa.Engine) -> Iterator[None]:
    """The database server takes connections and answers nothing."""
    with engine.connect() as db:
        file = str(db.execute(sa.text("SELECT @@pid_file")).scalar_one())
    server = int(Path(file).read_text())
    os.kill(server, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server, signal.SIGCONT)


def call_id(call: Call) -> str:
    return dict(call.headers)["Call-ID"]


@pytest.mark.usefixtures("alone")
def test_the_database_stands_still_in_the_middle_of_calls(
    money: Money, telephones: Telephones, engine: sa.Engine
) -> None:
    network = money.gateway("gw1")
    caller = money.caller("1000", money.plan(), credit=500)
    colleague = telephones.registered("1001")
    paid, free = caller.call(NUMBER), colleague.call("1000")
    assert (paid.status, free.status) == (200, 200)
    time.sleep(1.2)
    with stopped(engine):
        started = time.monotonic()
        assert (paid.hang_up(), free.hang_up()) == (200, 200)
        assert time.monotonic() - started < PATIENCE / 2
        # nobody can be asked for a password, let alone for credit
        with suppress(TimeoutError):
            assert caller.call(NUMBER).status >= 400
        assert len(network.invites) == 1
    (row,) = money.records(call_id(paid))
    assert len(money.records(call_id(free))) == 1
    seconds = row["duration_ms"] // 1000
    assert 1 <= seconds < PATIENCE
    money.wait("SELECT id FROM call_raw WHERE state <> 1", 0, seconds=90)
    money.wait("SELECT id FROM subscriber WHERE username = '1000' AND held = 0", 1)
    (account,) = money.rows("SELECT credit FROM subscriber WHERE username = '1000'")
    assert account["credit"] == 500 - Decimal(seconds)
    again = caller.call(NUMBER)
    assert (again.status, again.hang_up()) == (200, 200)


@pytest.mark.usefixtures("alone")
def test_admission_that_gets_no_answer_refuses_prepaid_and_lets_the_others_pass(
    money: Money, engine: sa.Engine
) -> None:
    network = money.gateway("gw1")
    prepaid = money.caller("1000", money.plan(), credit=3)
    postpaid = money.caller("1001", money.plan(prepaid=False))
    time.sleep(2)  # the proxy looks once a second which gateways there are
    with engine.connect() as db:
        db.execute(sa.text("LOCK TABLES rate WRITE, user_white_list WRITE"))
        refused = prepaid.call(NUMBER)
        passed = postpaid.call(NUMBER)
        db.execute(sa.text("UNLOCK TABLES"))
    assert (refused.status, refused.response.reason) == (503, "Charging Not Available")
    assert passed.hang_up() == 200
    assert [invite.uri.split("@")[0] for invite in network.invites] == [f"sip:{NUMBER}"]
    assert money.records(call_id(passed))[0]["basis"] == "error"
    money.wait("SELECT id FROM admission_error WHERE error = 'no answer of the database'", 2)


def test_a_call_that_the_proxy_is_told_to_end_is_over_for_both(
    telephones: Telephones, kamailio: Kamailio
) -> None:
    """After each of these tests: what it leaves behind is in no other one's records."""
    caller, callee = telephones.registered("1730"), telephones.registered("1731")
    assert caller.call("1731").status == 200
    kamailio.end_calls()
    caller.wait_for_bye()
    callee.wait_for_bye()


@pytest.mark.parametrize("vanished", ["caller", "network"])
def test_a_phone_that_loses_its_network_ends_the_call(
    money: Money, tmp_path: Path, proxy_database: str, vanished: str
) -> None:
    """It answers nothing; the other side gets a BYE, and the time until then is charged.

    Meanwhile the calls that other tests left behind end in the same way, by the other proxy.
    """
    payer = f"170{len(vanished)}"  # in nobody else's call
    proxy = Kamailio(tmp_path / "kamailio", proxy_database, local="#!define KEEP_ALIVE 30\n")
    try:
        phones: dict[str, Phone] = {"network": money.gateway("gw1")}
        phones["caller"] = money.caller(payer, money.plan(), credit=5000)
        for phone in phones.values():
            phone.proxy = proxy.address
        call = phones["caller"].call(NUMBER)
        assert call.status == 200
        time.sleep(40)
        assert not any(phone.byes for phone in phones.values())  # both have answered
        phones.pop(vanished).close()
        (left,) = phones.values()
        left.wait_for_bye(240)
        (row,) = money.records(call_id(call))
    finally:
        proxy.stop()
    assert 40_000 <= row["duration_ms"] < 300_000
    rated = "SELECT id FROM call_raw WHERE state = 1 AND call_id = :call_id"
    money.wait(rated, 1, seconds=90, call_id=call_id(call))
    query = "SELECT credit, held FROM subscriber WHERE username = :payer"
    (account,) = money.rows(query, payer=payer)
    assert (account["credit"], account["held"]) == (5000 - row["duration_ms"] // 1000, 0)
