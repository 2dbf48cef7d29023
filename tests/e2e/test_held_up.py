"""`serve` while something stands still: nobody waits for somebody else's trouble."""

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.models import Subscriber
from tests.e2e.gate import Gate
from tests.factories.requests import new_subscriber
from tests.fixtures.server import LOGIN, Server
from tests.soap import ENVELOPE, principal_xml

# Seconds of an operation here, and within which what is not held up must be answered: far more than
# it takes, and less than whatever holds up the others.
OPERATION = 8
SOON = 5
HALF_A_BODY = (
    b"POST /SipPulse/SubscriberWS HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"
    b"Content-Length: 1000\r\n\r\n<S:"
)
TOP_UP = "<username>{}</username><domain>example.com</domain><value>10</value>"


def key_of(username: str) -> str:
    return f"<username>{username}</username><domain>example.com</domain>"


def assert_nobody_waits(server: Server) -> None:
    """Health, metrics, WSDLs, and operations that have nothing to do with it."""
    begun = time.monotonic()
    assert server.get("/healthz").ok
    assert server.get("/SipPulse/DomainWS?wsdl").ok
    assert server.get("/metrics").ok
    assert server.post("SubscriberWS", "retrieveSubscriber", key_of("2000")).ok
    assert time.monotonic() - begun < SOON


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Servers that end with the test, also when it fails."""
    with ExitStack() as stack:

        def start(url: str, options: tuple[str, ...] = (), **settings: str) -> Server:
            server = Server(url, tmp_path / "log", options, **settings)
            stack.callback(server.stop)
            return server

        yield start


@pytest.fixture
def served(installed_url: str, serve: Callable[..., Server]) -> Server:
    options = ("--workers", "1")
    settings = {"OPERATION_SECONDS": str(OPERATION), "BODY_SECONDS": str(OPERATION)}
    server = serve(installed_url, options, POOL_SIZE="4", **settings)
    for username in ("1000", "2000"):
        server.post("SubscriberWS", "insertSubscriber", new_subscriber(username=username))
    return server


@contextmanager
def locked(url: str, username: str) -> Iterator[None]:
    """Its row on MariaDB; SQLite knows no smaller lock than that of all writers."""
    database = Database(url)
    with database.writing() as db:
        row = sa.update(Subscriber).where(Subscriber.username == username)
        db.execute(row.values(first_name="locked"))
        yield
        db.rollback()
    database.close()


def credit_of(url: str, username: str) -> Decimal:
    database = Database(url)
    with database.reading() as db:
        found = db.scalar(sa.select(Subscriber.credit).where(Subscriber.username == username))
    database.close()
    return Decimal(found or 0)


@pytest.mark.parametrize("count", [16, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.engines("sqlite")
def test_bodies_that_do_not_come_hold_up_nobody(served: Server, count: int) -> None:
    clients = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(count)]
    for client in clients:
        client.sendall(HALF_A_BODY)
    assert_nobody_waits(served)
    clients[0].settimeout(60)
    assert clients[0].recv(100).startswith(b"HTTP/1.1 408 ")
    for client in clients:
        client.close()
    assert "sippulse_ws_body_timeouts_total 0.0" not in served.get("/metrics").text


@pytest.mark.engines("sqlite")
def test_a_body_that_comes_slowly_but_steadily_is_answered(
    installed_url: str, serve: Callable[..., Server]
) -> None:
    server = serve(installed_url, BODY_SECONDS="1")
    text = ENVELOPE.format(operation="listDomains", body=principal_xml(LOGIN))
    body = (text + " " * 100_000).encode()
    head = "POST /SipPulse/DomainWS HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"
    with socket.create_connection(("127.0.0.1", server.port), 60) as client:
        client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode())
        for part in range(0, len(body), 20_000):
            client.sendall(body[part : part + 20_000])
            time.sleep(0.4)
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("count", [4, 8])
def test_writers_of_a_locked_account_hold_up_nobody_and_are_told_that_nothing_was_done(
    served: Server, installed_url: str, count: int
) -> None:
    before = credit_of(installed_url, "1000")
    with ThreadPoolExecutor(count) as clients, locked(installed_url, "1000"):
        begun = time.monotonic()
        waiting: list[Future[object]] = [
            clients.submit(served.post, "SubscriberWS", "addCredit", TOP_UP.format("1000"))
            for _ in range(count)
        ]
        time.sleep(1)
        assert_nobody_waits(served)
        if not installed_url.startswith("sqlite"):
            assert served.post("SubscriberWS", "addCredit", TOP_UP.format("2000")).ok
        assert not any(one.done() for one in waiting)
        answers = [one.result() for one in waiting]
        assert time.monotonic() - begun < 2 * OPERATION
    for answer in answers:
        assert f"Nothing was done within the {OPERATION} s allowed" in answer.text  # type: ignore[attr-defined]
    assert credit_of(installed_url, "1000") == before
    assert served.post("SubscriberWS", "addCredit", TOP_UP.format("1000")).ok
    assert credit_of(installed_url, "1000") == before + 10


def test_a_lock_that_is_let_go_in_time_is_waited_for(served: Server, installed_url: str) -> None:
    before = credit_of(installed_url, "1000")
    with ThreadPoolExecutor(8) as clients:
        with locked(installed_url, "1000"):
            waiting = [
                clients.submit(served.post, "SubscriberWS", "addCredit", TOP_UP.format("1000"))
                for _ in range(8)
            ]
            time.sleep(3)
        assert all(one.result().ok for one in waiting)
    assert credit_of(installed_url, "1000") == before + 80


def test_a_request_whose_client_has_gone_is_not_begun(installed_url: str, served: Server) -> None:
    before = credit_of(installed_url, "1000")
    with locked(installed_url, "1000"):
        for _ in range(6):  # more than may write for one account
            body = TOP_UP.format("1000") + principal_xml(LOGIN)
            text = ENVELOPE.format(operation="addCredit", body=body).encode()
            head = "POST /SipPulse/SubscriberWS HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"
            with socket.create_connection(("127.0.0.1", served.port)) as client:
                client.sendall(f"{head}Content-Length: {len(text)}\r\n\r\n".encode() + text)
                time.sleep(0.5)
        time.sleep(1)
    time.sleep(1)
    assert served.post("SubscriberWS", "addCredit", TOP_UP.format("1000")).ok
    # half of the four threads had begun; on SQLite one of these waited for the other
    assert credit_of(installed_url, "1000") - before <= 30


@pytest.mark.engines("mariadb")
def test_beyond_a_bounded_queue_requests_are_told_to_try_again(
    installed_url: str, serve: Callable[..., Server]
) -> None:
    options = ("--workers", "1")
    settings = {"QUEUE_SIZE": "2", "POOL_SIZE": "1", "OPERATION_SECONDS": str(OPERATION)}
    server = serve(installed_url, options, **settings)
    assert server.post("DomainWS", "listDomains", "").ok
    engine = sa.create_engine(installed_url, poolclass=sa.NullPool)  # closed, it locks nothing
    with ThreadPoolExecutor(8) as clients, engine.connect() as db:
        db.execute(sa.text("LOCK TABLES domain WRITE"))
        begun = time.monotonic()
        calls = [clients.submit(server.post, "DomainWS", "listDomains", "") for _ in range(8)]
        while sum(one.done() for one in calls) < 5:
            assert time.monotonic() - begun < SOON
            time.sleep(0.05)
        assert_alive(server)
        db.execute(sa.text("UNLOCK TABLES"))
        texts = [one.result().text for one in calls]
    engine.dispose()
    busy = sum("Server busy, nothing was done; try again" in text for text in texts)
    # one at work and two that wait; the first may have waited when the third came
    assert busy in {5, 6}
    assert sum("listDomainsResponse" in text for text in texts) == 8 - busy
    assert f'turned_away_total{{reason="busy"}} {busy}.0' in server.get("/metrics").text


def assert_alive(server: Server) -> None:
    assert server.get("/healthz").ok


@pytest.mark.parametrize("count", [8, pytest.param(24, marks=pytest.mark.slow)])
@pytest.mark.engines("sqlite")
def test_a_proxy_that_does_not_answer_holds_up_nobody(
    installed_url: str, serve: Callable[..., Server], count: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as dead:
        url = f"http://127.0.0.1:{dead.getsockname()[1]}/RPC"
        settings = {
            "PROXIES": f'[{{"kind": "kamailio", "url": "{url}"}}]',
            "PROXY_TIMEOUT": str(OPERATION - 2),
        }
        server = serve(installed_url, ("--workers", "1"), **settings)
        server.post("SubscriberWS", "insertSubscriber", new_subscriber(username="2000"))
        with ThreadPoolExecutor(count) as clients:
            calls = [
                clients.submit(server.post, "ReloadModulesWS", "reloadAddress", "")
                for _ in range(count)
            ]
            time.sleep(1)
            assert_nobody_waits(server)
            assert not any(one.done() for one in calls)
            answers = [one.result().text for one in calls]
            # those who waited for others' reload may be told so, or that their time is over
            told = "did not answer", "did not end in time", "Nothing was done within", "are over"
            assert [one for one in answers if not any(words in one for words in told)] == []
            assert any("did not answer" in answer for answer in answers)


@pytest.mark.engines("mariadb")
def test_a_database_that_stands_still_is_told_and_holds_up_no_health(
    installed_url: str, serve: Callable[..., Server]
) -> None:
    url = sa.make_url(installed_url)
    gate = Gate(url.host or "", url.port or 3306)
    behind = url.set(host="127.0.0.1", port=gate.port).render_as_string(hide_password=False)
    server = serve(behind, OPERATION_SECONDS=str(OPERATION))
    assert server.post("DomainWS", "listDomains", "").ok
    wait_until_ready(server)
    gate.freeze()
    with ThreadPoolExecutor(4) as clients:
        calls = [clients.submit(server.post, "DomainWS", "listDomains", "") for _ in range(4)]
        begun = time.monotonic()
        while server.get("/readyz").ok:
            assert time.monotonic() - begun < SOON
        for _ in range(10):
            assert server.get("/healthz").ok
        assert server.get("/SipPulse/DomainWS?wsdl").ok
        assert time.monotonic() - begun < SOON
        texts = [one.result().text for one in calls]
    assert all("Nothing was done" in text or "unavailable" in text for text in texts)
    assert time.monotonic() - begun < 3 * OPERATION
    gate.thaw()
    wait_until_ready(server)
    assert server.post("DomainWS", "listDomains", "").ok
    gate.remove()


def wait_until_ready(server: Server) -> None:
    deadline = time.monotonic() + 60
    while not server.get("/readyz").ok:
        assert time.monotonic() < deadline
        time.sleep(0.1)
