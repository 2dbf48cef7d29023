"""Every failed login leaves a trace, who reads a password too, and an operator lifts delays."""

import datetime as dt
from typing import Any
from unittest.mock import Mock

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from sippulse_ws.db import Database
from sippulse_ws.domain import login_delays
from sippulse_ws.domain.authentication import Authenticator, Guess
from sippulse_ws.domain.hash_gate import HashGate
from sippulse_ws.models import Administrator, Audit, LoginFailure
from sippulse_ws.services import logins
from sippulse_ws.wire.context import Context
from tests.factories.platform import DOMAIN, PASSWORD, Platform
from tests.fixtures.server import Cli
from tests.integration.test_logins import FREE, guess, login
from tests.soap import Soap


@pytest.fixture
def clerk(platform: Platform) -> dict[str, str]:
    return platform.administrator("clerk", DOMAIN)


class TestTraces:
    """Every failed login leaves a row, also on reads."""

    def test_one_row_per_login_address_and_minute_at_once(
        self, soap: Soap, platform: Platform, clerk: dict[str, str]
    ) -> None:
        guess(soap, "clerk", 1)
        row = platform.one(Audit)
        assert (row.login, row.address, row.operation) == ("clerk", "192.0.2.1", "listDomains")
        assert (row.outcome, row.error, row.times) == ("refused", "login-failed", 1)
        guess(soap, "clerk", 6)
        guess(soap, "clerk", 1, address="192.0.2.2")
        guess(soap, "nobody", 2)
        counted: dict[tuple[str, str], int] = {}
        for row in platform.rows(Audit):  # more rows where a minute ended meanwhile
            key = (row.login, row.address)
            counted[key] = counted.get(key, 0) + row.times
        assert counted == {
            ("clerk", "192.0.2.1"): 7,
            ("clerk", "192.0.2.2"): 1,
            ("nobody", "192.0.2.1"): 2,
        }

    def test_beyond_twenty_names_the_rest_is_summed(
        self, soap: Soap, platform: Platform, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(logins, "NAMES", 20)  # as a server has it; other tests have no limit
        for number in range(35):
            guess(soap, f"made-up-{number}", 1, address="192.0.2.20")  # of no other test
        rows = platform.rows(Audit)
        assert sum(row.times for row in rows) == 35
        minutes = {row.at.replace(second=0, microsecond=0) for row in rows}
        names = [row for row in rows if row.login != "(others)"]
        assert len(names) <= 20 * len(minutes)
        assert len(rows) - len(names) <= len(minutes)

    def test_a_write_leaves_no_second_row(self, soap: Soap, platform: Platform) -> None:
        wrong = {"login": "nobody", "password": "x"}
        key = {"username": "1000", "domain": DOMAIN}
        soap.fault("SubscriberWS", "removeSubscriber", **key, principal=wrong)
        row = platform.one(Audit)
        assert (row.operation, row.times) == ("removeSubscriber", 1)
        assert "1000" in row.object

    def test_the_customers_failures_too(self, soap: Soap, platform: Platform) -> None:
        key = {"username": "1000", "domain": DOMAIN}
        soap.fault("CustomerWS", "retrieveCustomerCredit", **key, password="x")
        assert platform.one(Audit).login == f"1000@{DOMAIN}"

    @pytest.mark.parametrize("principal", [{"login": "", "password": "x"}, {"login": "x" * 200}])
    def test_who_cannot_be_anybody_too(
        self, soap: Soap, platform: Platform, principal: dict[str, str]
    ) -> None:
        soap.fault("DomainWS", "listDomains", principal={"password": "y"} | principal)
        assert platform.one(Audit).error == "login-failed"
        assert platform.rows(LoginFailure) == []

    @pytest.mark.parametrize("operation", ["retrievePassword", "retrievePasswordWEB"])
    def test_who_reads_a_password_is_on_record(
        self, app_with: Any, platform: Platform, operation: str
    ) -> None:
        soap = app_with(language="en", retrieve_passwords=True)
        platform.subscriber("1000", password_portal=PASSWORD)
        key = {"username": "1000", "domain": DOMAIN}
        assert soap("SubscriberWS", operation, **key) == PASSWORD
        row = platform.one(Audit)
        assert (row.login, row.operation, row.outcome) == ("root", operation, "done")
        assert row.object == f"username=1000 domain={DOMAIN}"
        here = platform.administrator("here", platform.domain("other.example.com"))
        soap.fault("SubscriberWS", operation, **key, principal=here)
        assert platform.one(Audit, login="here").outcome == "refused"


def here() -> Context:
    context = Context({"REMOTE_ADDR": "192.0.2.1"}, "DomainWS", None)
    context.operation = "listDomains"
    return context


class TestFlood:
    """While there are too many names to store each, a login that exists shows in nothing."""

    @pytest.mark.parametrize("names", [0, 20])
    def test_delays_of_known_and_of_made_up_names_are_the_same(
        self, platform: Platform, monkeypatch: pytest.MonkeyPatch, names: int
    ) -> None:
        monkeypatch.setattr(logins, "NAMES", names)
        monkeypatch.setattr(logins, "BURST", 0.0)
        monkeypatch.setattr(logins, "RATE", 0.0)
        monkeypatch.setattr(logins, "LATER", 3600)
        failed = logins.FailedLogins(lambda store: store(platform.db), HashGate(lambda: False))
        reasons = {"clerk": "wrong", "made-up": "unknown", "retired": "inactive"}
        for tries in range(1, 6):
            for name, reason in reasons.items():
                told = Guess(login_delays.ADMINISTRATOR, name, reason)
                failed.note(told, here(), "", Mock())
            failed._flush()
            stored = {row.login: row.failures for row in platform.rows(LoginFailure)}
            assert stored == (dict.fromkeys(reasons, tries) if tries >= FREE else {})

    def test_names_that_were_tried_once_fill_no_table(
        self, platform: Platform, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(logins, "BURST", 0.0)
        monkeypatch.setattr(logins, "RATE", 0.0)
        monkeypatch.setattr(logins, "LATER", 3600)
        failed = logins.FailedLogins(lambda store: store(platform.db), HashGate(lambda: False))
        for number in range(500):
            told = Guess(login_delays.ADMINISTRATOR, f"name-{number}", "unknown")
            failed.note(told, here(), "", Mock())
        failed._flush()
        assert platform.rows(LoginFailure) == []

    def test_few_failures_are_forgotten_sooner_and_many_are_not(
        self, platform: Platform, soap: Soap
    ) -> None:
        guess(soap, "few", FREE)
        platform.update(LoginFailure, blocked_until=dt.datetime.now(dt.UTC) - dt.timedelta(hours=1))
        guess(soap, "few", 2)
        assert platform.one(LoginFailure).failures == 2
        platform.update(LoginFailure, failures=FREE + 1)
        platform.update(LoginFailure, blocked_until=dt.datetime.now(dt.UTC) - dt.timedelta(hours=1))
        guess(soap, "few", 1)
        assert platform.one(LoginFailure).failures == FREE + 2


def test_an_operator_sees_who_is_delayed_and_lifts_it(cli: Cli, installed_url: str) -> None:
    database = Database(installed_url)
    with database.writing() as db:
        for address in ("192.0.2.1", "192.0.2.2"):
            login_delays.record_failure(db, "administrator", "clerk", address, 6)
        login_delays.record_failure(db, "administrator", "other", "192.0.2.1")
    database.close()
    shown = {(row["login"], row["from"]): row for row in cli.rows("admin", "delays")}
    assert shown["clerk", "192.0.2.1"]["failures"] == "6"
    assert shown["clerk", "192.0.2.2"]["refused until (UTC)"]
    assert shown["other", "192.0.2.1"]["refused until (UTC)"] == ""
    assert "2 cleared" in cli("admin", "delays", "--clear", "clerk").stdout
    assert [row["login"] for row in cli.rows("admin", "delays")] == ["other"]


def test_a_hash_of_before_is_replaced_at_the_next_login(platform: Platform, soap: Soap) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=16, parallelism=2)
    platform.administrator("clerk", DOMAIN)
    hashed = old.hash("password of clerk")
    platform.db.execute(sa.update(Administrator).values(password_hash=hashed))
    clerk = {"login": "clerk", "password": "password of clerk"}
    assert login(soap, clerk)
    assert platform.one(Administrator, login="clerk").password_hash != hashed
    assert login(soap, clerk)
    guess(soap, "clerk", 1)


@pytest.mark.parametrize("without", ["_is_recent", "_was_here"])
def test_who_was_right_under_the_hash_of_before_is_not_locked_out(
    platform: Platform,
    soap: Soap,
    clerk: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    without: str,
) -> None:
    """Neither in another process nor, a moment later, in the same one."""
    hashed = PasswordHasher(time_cost=1, memory_cost=16, parallelism=2).hash(clerk["password"])
    platform.db.execute(sa.update(Administrator).values(password_hash=hashed))
    assert login(soap, clerk)
    guess(soap, "clerk", FREE + 5)
    monkeypatch.setattr(Authenticator, without, lambda *_: False)
    assert login(soap, clerk)
