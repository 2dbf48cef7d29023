"""A client that waits 4 s for a top-up, and sends it again: it is booked once.

Seen with a row locked for 12 s, three tries and one more: booked four times.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from threading import Event, Thread

import pytest
import requests
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.models import CreditLedger
from tests.e2e.test_held_up import TOP_UP, credit_of, locked
from tests.factories.requests import new_subscriber
from tests.fixtures.server import LOGIN, Server
from tests.soap import ENVELOPE, principal_xml

CLIENT = 4  # seconds; the row is locked until the third one has gone
PATIENCE = 60
Start = Callable[..., Server]


@pytest.fixture
def serve(installed_url: str, tmp_path: Path) -> Iterator[Start]:
    running: list[Server] = []

    def start(**settings: str) -> Server:
        running.append(Server(installed_url, tmp_path / "log", **settings))
        return running[-1]

    yield start
    for one in running:
        one.stop()


def top_up(server: Server, username: str, seconds: float, **headers: str) -> str | None:
    """What the client is told within so many seconds, if anything."""
    body = TOP_UP.format(username) + "<obs>Pix 4711</obs>" + principal_xml(LOGIN)
    envelope = ENVELOPE.format(operation="addCredit", body=body).encode()
    try:
        answer = requests.post(
            f"{server.base}/SipPulse/SubscriberWS",
            data=envelope,
            headers={"Content-Type": "text/xml; charset=utf-8"} | headers,
            timeout=seconds,
        )
    except requests.Timeout:
        return None
    return answer.text


@contextmanager
def lock(url: str, username: str) -> Iterator[None]:
    held, over = Event(), Event()

    def hold() -> None:
        with locked(url, username):
            held.set()
            over.wait(PATIENCE)

    holder = Thread(target=hold)
    holder.start()
    assert held.wait(PATIENCE)
    try:
        yield
    finally:
        over.set()
        holder.join()


def sent_again(ask: Callable[[], str | None]) -> str:
    """What the client is told in the end: a request before this one may be under way."""
    end = time.monotonic() + PATIENCE
    while not (text := ask() or "").count("addCreditResponse"):
        if "Repeated credit" in text:
            break
        assert time.monotonic() < end, text
        time.sleep(0.5)
    return text


@pytest.mark.parametrize(
    ("headers", "settings"),
    [
        ({"Idempotency-Key": '"top-up 1"'}, {}),
        ({}, {"REPEATED_CREDIT_MINUTES": "10"}),
    ],
    ids=["key", "remark"],
)
def test_three_tries_and_one_more_are_one_top_up(
    headers: dict[str, str], settings: dict[str, str], serve: Start, installed_url: str
) -> None:
    server = serve(**settings)
    username = "with-key" if headers else "without"
    assert server.post("SubscriberWS", "insertSubscriber", new_subscriber(username=username)).ok
    with lock(installed_url, username):
        tries = [top_up(server, username, CLIENT, **headers) for _ in range(3)]
    assert tries == [None] * 3
    last = sent_again(lambda: top_up(server, username, PATIENCE, **headers))
    # without a key the row that a try has booked is named
    assert "addCreditResponse" in last or not headers
    time.sleep(1)
    assert credit_of(installed_url, username) == Decimal(10)
    assert rows_of(installed_url, username) == 1


def rows_of(url: str, username: str) -> int:
    database = Database(url)
    with database.reading() as db:
        account = CreditLedger.account == f"{username}@example.com"
        found = db.scalar(sa.select(sa.func.count()).where(account))
    database.close()
    return int(found)
