"""A phone is told 100 Trying at once, and what it sends again meanwhile is one call."""

import queue
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa

from tests.sip.conftest import DOMAIN
from tests.sip.message import Message, credentials
from tests.sip.money import Money, money
from tests.sip.phone import Call, Phone
from tests.sip.test_stalls import stopped

__all__ = ["money"]
pytestmark = [pytest.mark.sip, pytest.mark.engines("mariadb")]

NUMBER = "5548999990000"
T1 = 0.5  # seconds after which a phone that heard nothing sends again
PATIENCE = 120


@dataclass
class Line:
    """A call of a phone that sends each message itself, as often as it likes."""

    phone: Phone
    number: str = NUMBER
    call_id: str = field(default_factory=lambda: secrets.token_hex(8))
    branch: str = field(default_factory=lambda: f"z9hG4bK{secrets.token_hex(8)}")
    proof: str = ""

    def __post_init__(self) -> None:
        self.tag = secrets.token_hex(4)
        self.heard: list[Message] = []
        self._answers: queue.Queue[Message] = queue.Queue()
        self.phone._responses[self.call_id] = self._answers

    @property
    def uri(self) -> str:
        return f"sip:{self.number}@{DOMAIN}"

    def authenticate(self) -> None:
        """Be challenged, so that the next INVITE is admitted; the ACK goes along."""
        self.send("INVITE")
        challenge = self.wait_for(407)
        self.send("ACK", to=challenge["to"])
        asked = challenge["proxy-authenticate"]
        self.proof = credentials(
            asked, self.phone.username, self.phone.password, "INVITE", self.uri
        )
        self.branch = f"z9hG4bK{secrets.token_hex(8)}"
        self.heard.clear()

    def send(self, method: str, to: str = "") -> None:
        here = f"{self.phone.address}:{self.phone.port}"
        headers = [
            ("Via", f"SIP/2.0/UDP {here};branch={self.branch};rport"),
            ("Max-Forwards", "70"),
            ("From", f"<{self.phone.account}>;tag={self.tag}"),
            ("To", to or f"<{self.uri}>"),
            ("Call-ID", self.call_id),
            ("CSeq", f"{1 + bool(self.proof)} {method}"),
            ("Contact", f"<{self.phone.contact}>"),
            ("User-Agent", "Telefonia Avançada"),  # which the database is asked about
        ]
        if self.proof and method == "INVITE":
            headers.append(("Proxy-Authorization", self.proof))
        request = Message(f"{method} {self.uri} SIP/2.0", headers)
        self.phone._socket.sendto(request.encode(), self.phone.proxy)

    def wait_for(self, status: int, seconds: float = PATIENCE) -> Message:
        """The next response of this status to the INVITE; others are kept in `heard`."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                one = self._answers.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                told = [f"{one.status} {one.method}" for one in self.heard]
                raise AssertionError(f"no {status} in {seconds} s, but {told}") from None
            self.heard.append(one)
            if one.status == status and one.method == "INVITE":
                return one

    def answered(self, method: str) -> bool:
        """Whether anything was said to a request of this method."""
        while not self._answers.empty():
            self.heard.append(self._answers.get())
        return any(one.method == method for one in self.heard)

    def hang_up(self, answer: Message) -> None:
        """ACK and BYE of a call that was answered."""
        call_headers = [("From", f"<{self.phone.account}>;tag={self.tag}")]
        call_headers += [("Call-ID", self.call_id), ("CSeq", "2 INVITE")]
        call = Call(answer, self.phone, call_headers, self.uri)
        self.phone.within(call, "ACK")
        assert call.hang_up() == 200


@pytest.fixture
def line(money: Money) -> Line:
    """Of an account whose call would hold 60."""
    caller = money.caller("1000", money.plan(), credit=500)
    return Line(caller)


@pytest.mark.usefixtures("alone")
def test_100_comes_before_the_phone_sends_again_whatever_the_database_does(
    money: Money, engine: sa.Engine, line: Line
) -> None:
    money.gateway("gw1")
    line.authenticate()
    fresh = [Line(line.phone) for _ in range(3)]
    waited = []
    with stopped(engine):
        # the first two occupy both processes of the proxy
        for one in (line, fresh[0]):
            started = time.monotonic()
            one.send("INVITE")
            one.wait_for(100, 5)
            waited.append(time.monotonic() - started)
            assert [heard.status for heard in one.heard] == [100]
    assert min(waited) < T1
    line.hang_up(line.wait_for(200))
    money.wait("SELECT id FROM call_hold", 0, seconds=90)


@pytest.mark.usefixtures("alone")
def test_an_invite_that_is_sent_again_and_again_is_admitted_once(
    money: Money, engine: sa.Engine, line: Line
) -> None:
    network = money.gateway("gw1", on_invite=180)
    line.authenticate()
    with stopped(engine):
        for _ in range(6):
            line.send("INVITE")
            time.sleep(0.1)
    line.wait_for(180)
    for _ in range(3):
        line.send("INVITE")
    time.sleep(1)
    (held,) = money.rows("SELECT amount FROM call_hold")
    (account,) = money.rows("SELECT held FROM subscriber WHERE username = '1000'")
    assert held["amount"] == account["held"] == 60
    assert len({invite["via"].split(";branch=")[1] for invite in network.invites}) == 1
    dialogs: Any = money.telephones.kamailio.rpc("dlg.list")
    assert [one["call-id"] for one in dialogs].count(line.call_id) == 1
    network._answer(network.invites[-1], 200)
    line.hang_up(line.wait_for(200))
    assert len(money.records(line.call_id)) == 1
    assert money.rows("SELECT id FROM acc") == []


@pytest.mark.usefixtures("alone")
def test_who_cancels_while_the_database_stands_still_has_no_call(
    money: Money, engine: sa.Engine, line: Line
) -> None:
    network = money.gateway("gw1", on_invite=180)
    line.authenticate()
    with stopped(engine):
        line.send("INVITE")
        line.wait_for(100)
        line.send("CANCEL")
    deadline = time.monotonic() + PATIENCE
    while not line.answered("CANCEL") and time.monotonic() < deadline:
        line.send("CANCEL")
        time.sleep(T1)
    # it may have come before the answer to the CANCEL
    early = [one for one in line.heard if one.status == 487 and one.method == "INVITE"]
    refusal = early[0] if early else line.wait_for(487)
    line.send("ACK", to=refusal["to"])
    money.wait("SELECT id FROM call_hold", 0, seconds=90)
    money.wait("SELECT id FROM subscriber WHERE username = '1000' AND held = 0", 1)
    assert all(one.status < 300 or one.status == 487 for one in line.heard)
    assert not network.invites or network.cancelled.wait(PATIENCE)


def test_a_refusal_that_is_lost_is_said_again_and_leaves_one_row(money: Money) -> None:
    """A refused call's INVITE that comes again gets the same answer: it is not admitted anew."""
    money.gateway("gw1")
    line = Line(money.caller("1000", money.plan(), credit=0.5))
    line.authenticate()
    line.send("INVITE")
    first = line.wait_for(402)
    line.send("INVITE")
    again = line.wait_for(402)
    assert again["to"] == first["to"]
    line.send("ACK", to=first["to"])
    money.wait("SELECT id FROM acc WHERE sip_reason = 'Not Enough Credit'", 1)
    time.sleep(1)
    assert len(money.rows("SELECT id FROM acc")) == 1


def test_the_next_gateway_is_sent_the_number_after_the_dial_plan(money: Money) -> None:
    refusing = money.gateway("gw1", on_invite=503)
    second = money.gateway("gw2")
    for name, priority in (("gw1", "0"), ("gw2", "1")):
        money.operator("route", "create", name, "--priority", priority)
    plan = money.plan()
    rule = ("dialplan", "create", DOMAIN, "1", "^0([0-9]+)$")
    money.operator(*rule, "--subst-exp", "^0([0-9]+)$", "--repl-exp", r"55\1")
    reload = ("ReloadModulesWS", "reloadProfile")
    money.soap(*reload, profile="DEFAULT", domain=DOMAIN)
    try:
        caller = money.caller("1000", plan, credit=500)
        call = caller.call("048999990000")
        assert call.hang_up() == 200
        tried = [one.uri.split("@")[0] for one in (*refusing.invites, *second.invites)]
        assert tried == [f"sip:{NUMBER}"] * 2
    finally:
        (made,) = money.operator.rows("dialplan", "list", DOMAIN)
        money.operator("dialplan", "remove", made["id"])
        money.soap(*reload, profile="DEFAULT", domain=DOMAIN)
