"""Failed logins are slowed down per login and address, in all workers; nobody sleeps."""

import datetime as dt
import time
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from sippulse_ws.app import create_app
from sippulse_ws.config import Settings
from sippulse_ws.db import Session
from sippulse_ws.domain import administrators, authentication, login_delays
from sippulse_ws.domain.authentication import Authenticator
from sippulse_ws.models import Administrator, AdministratorDomain, LoginFailure
from tests.factories.platform import DOMAIN, PASSWORD, Platform
from tests.fixtures.app import TestDatabase
from tests.soap import ENVELOPE, Soap, principal_xml

FAILED = "Invalid login or password"
FREE = login_delays.FREE_FAILURES


class Clock:
    """Time passes when the test says so: rows in the database get older."""

    def __init__(self, db: Session) -> None:
        self._db = db

    def pass_by(self, seconds: float) -> None:
        for row in self._db.execute(sa.select(LoginFailure.login, LoginFailure.blocked_until)):
            earlier = row.blocked_until - dt.timedelta(seconds=seconds)
            self._db.execute(
                sa.update(LoginFailure)
                .where(LoginFailure.login == row.login)
                .values(blocked_until=earlier)
            )


@pytest.fixture
def clock(db: Session) -> Clock:
    return Clock(db)


@pytest.fixture
def clerk(platform: Platform) -> dict[str, str]:
    return platform.administrator("clerk", DOMAIN)


def login(soap: Soap, principal: dict[str, str], address: str = "192.0.2.1") -> bool:
    """Whether these credentials get in, from this address."""
    answer = soap.http.post(
        "/SipPulse/DomainWS",
        data=ENVELOPE.format(operation="listDomains", body=principal_xml(principal)),
        content_type="text/xml",
        environ_base={"REMOTE_ADDR": address},
    )
    if answer.status_code == 200:
        return True
    assert f"<faultMessage>{FAILED}</faultMessage>" in answer.text
    return False


def guess(soap: Soap, name: str, times: int, **where: str) -> None:
    for _ in range(times):
        assert not login(soap, {"login": name, "password": "wrong"}, **where)


def test_a_typing_error_or_two_lock_nobody_out(soap: Soap, clerk: dict[str, str]) -> None:
    guess(soap, "clerk", FREE - 1)
    assert login(soap, clerk)


def test_after_more_the_right_password_is_refused_until_the_time_is_over(
    soap: Soap, clerk: dict[str, str], clock: Clock
) -> None:
    guess(soap, "clerk", FREE)
    assert not login(soap, clerk)
    clock.pass_by(1.1)
    assert login(soap, clerk)


def test_the_delay_grows_and_has_an_end(platform: Platform, soap: Soap, clock: Clock) -> None:
    delays = []
    for _ in range(FREE + 12):
        guess(soap, "clerk", 1)
        left = platform.one(LoginFailure).blocked_until - dt.datetime.now(dt.UTC)
        delays.append(round(left.total_seconds()))
        clock.pass_by(400)
    assert delays[FREE - 1 : FREE + 4] == [1, 2, 4, 8, 16]
    assert delays[-2:] == [300, 300]


def test_a_try_during_the_delay_is_no_further_guess(
    soap: Soap, platform: Platform, clerk: dict[str, str]
) -> None:
    guess(soap, "clerk", FREE)
    before = platform.one(LoginFailure)
    guess(soap, "clerk", 3)
    assert platform.one(LoginFailure) == before


def test_other_logins_and_other_addresses_are_not_delayed(
    soap: Soap, platform: Platform, clerk: dict[str, str]
) -> None:
    guess(soap, "clerk", FREE)
    assert login(soap, clerk, "192.0.2.2")
    assert login(soap, platform.principal)
    assert not login(soap, clerk)


def test_success_forgets_the_failures(
    soap: Soap, platform: Platform, clerk: dict[str, str], clock: Clock
) -> None:
    guess(soap, "clerk", FREE + 2 - 2)
    clock.pass_by(10)
    assert login(soap, clerk)
    assert platform.rows(LoginFailure) == []
    guess(soap, "clerk", FREE - 1)
    assert login(soap, clerk)


def test_the_delay_holds_in_every_worker(
    soap: Soap, database: TestDatabase, clerk: dict[str, str], platform: Platform
) -> None:
    other = Soap(create_app(Settings(language="en"), database), platform.principal)
    assert login(other, clerk, "192.0.2.9")  # remembered there
    guess(soap, "clerk", FREE)
    assert not login(other, clerk)


def test_nobody_sleeps(soap: Soap, clerk: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def asleep(_seconds: float) -> None:
        raise AssertionError("a serving thread went to sleep")

    monkeypatch.setattr(time, "sleep", asleep)
    begun = time.monotonic()
    guess(soap, "clerk", FREE + 20)
    assert not login(soap, clerk)
    assert time.monotonic() - begun < 10


def test_an_unknown_login_is_slowed_down_as_well(
    soap: Soap, platform: Platform, clock: Clock
) -> None:
    guess(soap, "nobody", FREE)
    platform.administrator("nobody", DOMAIN)
    newcomer = {"login": "nobody", "password": "password of nobody"}
    assert not login(soap, newcomer)
    clock.pass_by(2)
    assert login(soap, newcomer)


def test_long_names_and_addresses_are_counted_too(
    soap: Soap, platform: Platform, clock: Clock
) -> None:
    for address in ("192.0.2.1", "2001:db8::1%" + "x" * 60):
        guess(soap, "n" * 128, FREE, address=address)
    assert [row.failures for row in platform.rows(LoginFailure)] == [FREE, FREE]


def test_old_failures_are_swept(soap: Soap, platform: Platform, clock: Clock) -> None:
    guess(soap, "clerk", 1)
    clock.pass_by(2 * 86400)
    guess(soap, "other", 1)
    assert [row.login for row in platform.rows(LoginFailure)] == ["other"]


class TestRemembered:
    """What was right before counts only as long as the database says the same."""

    def test_a_disabled_administrator_is_out_at_once_and_in_again(
        self, soap: Soap, clerk: dict[str, str], db: Session
    ) -> None:
        assert login(soap, clerk)
        administrators.set_active(db, "clerk", False)
        assert not login(soap, clerk)
        administrators.set_active(db, "clerk", True)
        assert login(soap, clerk)

    def test_a_changed_password_counts_at_once(
        self, soap: Soap, clerk: dict[str, str], db: Session
    ) -> None:
        assert login(soap, clerk)
        administrators.set_password(db, Authenticator(), "clerk", "nova")
        assert not login(soap, clerk)
        assert login(soap, clerk | {"password": "nova"})

    def test_a_removed_administrator_is_out_at_once(
        self, soap: Soap, clerk: dict[str, str], db: Session
    ) -> None:
        assert login(soap, clerk)
        db.execute(sa.delete(Administrator).where(Administrator.login == "clerk"))
        assert not login(soap, clerk)

    def test_a_grant_taken_away_counts_at_once(
        self, soap: Soap, clerk: dict[str, str], db: Session
    ) -> None:
        assert soap("ProfileWS", "listProfilesByDomain", domain=DOMAIN, principal=clerk)
        db.execute(sa.delete(AdministratorDomain))
        fault = soap.fault("ProfileWS", "listProfilesByDomain", domain=DOMAIN, principal=clerk)
        assert fault == f"Access to domain {DOMAIN} denied"

    def test_argon2_is_paid_once(
        self, soap: Soap, clerk: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert login(soap, clerk)
        monkeypatch.setattr("argon2.PasswordHasher.verify", None)
        assert login(soap, clerk)

    def test_the_database_is_asked_every_time(
        self, soap: Soap, clerk: dict[str, str], db: Session
    ) -> None:
        assert login(soap, clerk)
        with db.savepoint() as gone:
            db.execute(sa.update(Administrator).values(active=False))
            assert not login(soap, clerk)
            gone.rollback()


def test_the_customers_guesses_are_slowed_down_alike(
    soap: Soap, platform: Platform, clock: Clock
) -> None:
    platform.subscriber("1000")
    key: dict[str, Any] = {"username": "1000", "domain": DOMAIN}
    for _ in range(FREE):
        assert soap.fault("CustomerWS", "authenticate", **key, password="wrong") == FAILED
    for operation in ("authenticate", "retrieveCustomerCredit"):
        assert soap.fault("CustomerWS", operation, **key, password=PASSWORD) == FAILED
    change = {"newPassword": "nova", "confirmNewPassword": "nova"}
    fault = soap.fault(
        "CustomerWS", "changeCustomerPassword", **key, actualPassword=PASSWORD, **change
    )
    assert fault == FAILED
    clock.pass_by(2)
    assert soap("CustomerWS", "authenticate", **key, password=PASSWORD).username == "1000"
    assert platform.rows(LoginFailure) == []


class TestNeighbours:
    """A client and somebody who guesses its login share an address."""

    def test_who_was_right_here_is_not_locked_out(self, soap: Soap, clerk: dict[str, str]) -> None:
        assert login(soap, clerk)
        guess(soap, "clerk", FREE + 5)
        assert login(soap, clerk)

    def test_guesses_beside_an_active_client_are_counted_on(
        self, soap: Soap, platform: Platform, clerk: dict[str, str], clock: Clock
    ) -> None:
        assert login(soap, clerk)
        for number in range(1, 6):
            guess(soap, "clerk", 1)
            assert login(soap, clerk)
            assert platform.one(LoginFailure).failures == number
            clock.pass_by(400)
        guess(soap, "clerk", 1)
        left = platform.one(LoginFailure).blocked_until - dt.datetime.now(dt.UTC)
        assert left.total_seconds() > 6

    def test_the_right_password_from_elsewhere_waits_for_its_own_delay(
        self, soap: Soap, clerk: dict[str, str]
    ) -> None:
        assert login(soap, clerk)
        guess(soap, "clerk", FREE, address="192.0.2.2")
        assert not login(soap, clerk, "192.0.2.2")
        assert login(soap, clerk)


def test_a_result_that_a_gone_client_left_behind_refuses_nobody() -> None:
    """Requests with the same login may wait together, and one of them too long."""
    authenticator = Authenticator(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    left: list[int] = []
    attempt = authenticator._digest(b"clerk", b"right", b"192.0.2.1")
    authenticator._keep(attempt, "", lambda: left.append(1), None)
    assert left == [1]
    assert authenticator._take_result(attempt) is not None  # for the request that waits
    authenticator._keep(attempt, "", lambda: None, None)
    authenticator._results[attempt].at -= authentication.LEFT_BEHIND + 1
    assert authenticator._take_result(attempt) is None


def test_requests_that_wait_with_the_same_right_login_hash_once() -> None:
    authenticator = Authenticator(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    stored = authenticator.hash("right")
    hashed: list[bytes] = []
    matches = authenticator._matches

    def counting(password_hash: str, secret: bytes) -> bool:
        hashed.append(secret)
        return matches(password_hash, secret)

    authenticator._matches = counting  # type: ignore[method-assign]
    assert [authenticator._verify(stored, b"right") for _ in range(5)] == [True] * 5
    assert len(hashed) == 1
    assert not authenticator._verify(stored, b"wrong")


def test_a_password_that_was_right_is_known_under_its_new_hash_too() -> None:
    """The parameters of hashing have changed: the hash is made anew, and stored with that login."""
    stored = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("right")
    authenticator = Authenticator(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))
    assert authenticator._verify(stored, b"right")
    replaced = authenticator._new_hash(stored, b"attempt", "192.0.2.1")
    assert replaced is not None
    assert authenticator._is_known(replaced[1], b"right")
    assert not authenticator._is_known(replaced[1], b"wrong")
