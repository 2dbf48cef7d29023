"""`serve` with two workers: a database that goes and comes back, delays, what the log tells."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.domain import administrators
from sippulse_ws.domain.authentication import Authenticator
from sippulse_ws.models import LoginFailure
from tests.e2e.gate import Gate
from tests.factories.requests import new_subscriber
from tests.fixtures.server import LOGIN, Server
from tests.soap import ENVELOPE, principal_xml

KEY = "<username>1000</username><domain>example.com</domain>"


@pytest.fixture(scope="module", autouse=True)
def subscriber(server: Server) -> None:
    body = new_subscriber(password="Seg-redo-1", passwordPortal="Seg-redo-2")
    assert server.post("SubscriberWS", "insertSubscriber", body).ok


def every_thread(call: Callable[[], object], times: int = 40) -> None:
    """At the same time, and often enough that every connection of both workers has its turn."""
    with ThreadPoolExecutor(16) as clients:
        for done in [clients.submit(call) for _ in range(times)]:
            done.result()


@pytest.mark.engines("mariadb")
def test_killed_connections_are_replaced_unnoticed(server: Server, installed_url: str) -> None:
    def read() -> None:
        answer = server.post("SubscriberWS", "retrieveSubscriber", KEY)
        assert answer.ok, answer.text

    def write() -> None:
        answer = server.post("SubscriberWS", "addCredit", KEY + "<value>1</value>")
        assert answer.ok, answer.text

    def refused() -> None:
        assert server.post("SubscriberWS", "addCredit", KEY).status_code == 500

    for call in (read, write, refused):
        every_thread(call)
        assert kill_all_others(installed_url) > 1
        every_thread(call)
    balance = server.post("SubscriberWS", "retrieveCredit", KEY)
    assert "<return>80.0</return>" in balance.text
    engine = sa.create_engine(installed_url)
    with engine.connect() as db:
        query = "SELECT outcome, COUNT(*) FROM audit WHERE operation = 'addCredit' GROUP BY 1"
        outcomes = {row[0]: row[1] for row in db.execute(sa.text(query))}
    assert outcomes == {"done": 80, "refused": 80}
    engine.dispose()


def kill_all_others(url: str) -> int:
    """End every connection to this database, as a restart of MariaDB does."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        query = (
            "SELECT id FROM information_schema.processlist "
            "WHERE db = DATABASE() AND id <> CONNECTION_ID()"
        )
        found = list(db.execute(sa.text(query)).scalars())
        for one in found:
            with suppress(sa.exc.OperationalError):  # it has ended meanwhile
                db.execute(sa.text(f"KILL {int(one)}"))
    engine.dispose()
    return len(found)


def test_the_delay_after_wrong_passwords_holds_in_both_workers(
    server: Server, installed_url: str
) -> None:
    def login(name: str, password: str) -> bool:
        body = principal_xml({"login": name, "password": password})
        answer = server.raw("DomainWS", ENVELOPE.format(operation="listDomains", body=body))
        assert answer.ok or "Invalid login or password" in answer.text
        return bool(answer.ok)

    def shift(hours: int) -> None:
        """As if the delay ended so much later: the test itself may be slow."""
        mine = LoginFailure.login == "other"
        with database.writing() as db:
            (until,) = db.execute(sa.select(LoginFailure.blocked_until).where(mine)).one()
            moved = until + dt.timedelta(hours=hours)
            db.execute(sa.update(LoginFailure).where(mine).values(blocked_until=moved))

    database = Database(installed_url)
    with database.writing() as db:
        administrators.create_administrator(db, Authenticator(), "other", "Right-1", superuser=True)
    right = LOGIN["password"]
    every_thread(lambda: login("root", right), 8)  # known to both workers
    for _ in range(3):
        assert not login("other", "wrong")
        assert not login("root", "wrong")
    _until(database)
    shift(1)
    begun = time.monotonic()
    assert [login("other", "Right-1") for _ in range(20)] == [False] * 20
    # whose password was right here before is not locked out by somebody's guesses
    assert [login("root", right) for _ in range(20)] == [True] * 20
    assert time.monotonic() - begun < 30
    shift(-2)
    assert [login("other", "Right-1") for _ in range(20)] == [True] * 20
    database.close()


def _until(database: Database) -> None:
    """Failures are written together, a moment later."""
    end = time.monotonic() + 30
    query = sa.select(LoginFailure.failures).where(LoginFailure.login == "other")
    while time.monotonic() < end:
        with database.reading() as db:
            if (db.scalar(query) or 0) >= 3:
                return
        time.sleep(0.1)
    raise AssertionError("no failures were written")


def test_the_log_has_no_password_and_no_envelope(server: Server) -> None:
    change = "<actualPassword>Seg-redo-1</actualPassword><newPassword>Seg-redo-3</newPassword>"
    change += "<confirmNewPassword>Seg-redo-3</confirmNewPassword>"
    assert server.post("SubscriberWS", "changePassword", KEY + change).ok
    assert not server.post("SubscriberWS", "changePassword", KEY + change).ok
    log = server.log.read_text()
    assert "Seg-redo" not in log
    assert LOGIN["password"] not in log
    assert "Envelope" not in log


@pytest.mark.engines("mariadb")
def test_a_database_that_is_gone_is_said_and_used_again_when_back(
    gated: Server, gate: Gate
) -> None:
    change = KEY + "<actualPassword>Seg-redo-4</actualPassword>"
    assert gated.post("SubscriberWS", "retrieveSubscriber", KEY).ok
    assert gated.get("/readyz").ok
    gate.shut()
    for operation in ("retrieveSubscriber", "changePassword"):
        answer = gated.post("SubscriberWS", operation, change)
        assert answer.status_code == 500
        assert "Database unavailable, try again (request " in answer.text
        request_id = answer.text.partition("(request ")[2].partition(")")[0]
        assert request_id in gated.log.read_text()
    assert gated.get("/healthz").ok
    _until_ready(gated, 503)  # what it says is at most two seconds old
    gate.open()
    every_thread(lambda: answered(gated))
    _until_ready(gated, 200)
    assert "Seg-redo" not in gated.log.read_text()


def _until_ready(server: Server, status: int) -> None:
    end = time.monotonic() + 30
    while server.get("/readyz").status_code != status:
        assert time.monotonic() < end
        time.sleep(0.1)


def answered(server: Server) -> None:
    assert server.post("SubscriberWS", "retrieveSubscriber", KEY).ok
    assert server.post("SubscriberWS", "activateSubscriber", KEY).ok


@pytest.fixture
def gate(installed_url: str) -> Iterator[Gate]:
    url = sa.make_url(installed_url)
    one = Gate(url.host or "", url.port or 3306)
    yield one
    one.remove()


@pytest.fixture
def gated(installed_url: str, gate: Gate, tmp_path: Path) -> Iterator[Server]:
    """A server that reaches the database through the gate."""
    url = sa.make_url(installed_url).set(host="127.0.0.1", port=gate.port)
    one = Server(url.render_as_string(hide_password=False), tmp_path / "log")
    yield one
    one.stop()
