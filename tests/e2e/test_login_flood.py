"""A real server while somebody floods it with wrong logins: right ones get in, all are counted."""

import http.client
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from sippulse_ws.models import Audit, LoginFailure
from tests.fixtures.server import LOGIN, Cli, Server
from tests.soap import ENVELOPE, principal_xml

FLOODING = "127.1.1.1"
THREADS, TRIES = 12, 20
GUESSED = (f"known-{secrets.token_hex(4)}", "made-up")


class Caller:
    """One connection from an address of loopback."""

    def __init__(self, server: Server, address: str) -> None:
        source = (address, 0)
        self._http = http.client.HTTPConnection(
            "127.0.0.1", server.port, timeout=60, source_address=source
        )

    def login(self, login: str, password: str) -> int:
        principal = principal_xml({"login": login, "password": password})
        body = ENVELOPE.format(operation="listDomains", body=principal).encode()
        headers = {"Content-Type": "text/xml; charset=utf-8"}
        self._http.request("POST", "/SipPulse/DomainWS", body, headers)
        answer = self._http.getresponse()
        answer.read()
        return answer.status

    def close(self) -> None:
        self._http.close()


@pytest.fixture
def clerks(cli: Cli) -> list[str]:
    """Administrators who never logged in."""
    cli("admin", "create", GUESSED[0], "--password-stdin", input="never told")
    names = [f"clerk-{secrets.token_hex(4)}" for _ in range(3)]
    for name in names:
        cli("admin", "create", name, "--password-stdin", input=f"right {name}")
    return names


@contextmanager
def flood(server: Server, answers: list[int]) -> Iterator[None]:
    """Made-up logins from one address, each thread one after the other."""

    def guess() -> None:
        caller = Caller(server, FLOODING)
        answers.extend(caller.login(secrets.token_hex(6), "x") for _ in range(TRIES))
        caller.close()

    threads = [threading.Thread(target=guess) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join()


def test_right_logins_get_in_beside_a_flood(
    server: Server, cli: Cli, clerks: list[str], installed_url: str
) -> None:
    answers: list[int] = []
    with flood(server, answers):
        elsewhere, there = Caller(server, "127.2.1.1"), Caller(server, FLOODING)
        for name in clerks:
            assert elsewhere.login(name, "wrong") == 500
            assert elsewhere.login(name, f"right {name}") == 200
            assert there.login(name, f"right {name}") == 200
        for _ in range(20):
            assert there.login(**LOGIN) == 200
        for _ in range(6):  # neither has ever been right here
            for name in GUESSED:
                assert there.login(name, "wrong") == 500
        elsewhere.close()
        there.close()
    assert answers == [500] * THREADS * TRIES
    wanted = THREADS * TRIES + 6 * len(GUESSED)
    engine = sa.create_engine(installed_url)
    with engine.connect() as db:
        query = sa.select(sa.func.sum(Audit.times)).where(Audit.address == FLOODING)
        for _ in range(600):  # what was put off is written a moment later
            if (counted := db.execute(query).scalar()) == wanted:
                break
            db.rollback()
            threading.Event().wait(0.1)
        names = sa.select(sa.func.count(sa.distinct(Audit.login)), sa.func.min(Audit.at))
        failures = sa.select(LoginFailure.login).where(LoginFailure.login.in_(GUESSED))
        assert set(db.execute(failures).scalars()) == set(GUESSED)
        rows = db.execute(names.where(Audit.address == FLOODING, Audit.login != "(others)")).one()
    engine.dispose()
    assert counted == wanted
    assert rows[0] >= 20
