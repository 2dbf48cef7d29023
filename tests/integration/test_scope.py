"""What a scope allows, and what is read along with a principal."""

from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from sqlalchemy import select, update

from sippulse_ws.db import Session
from sippulse_ws.domain import login_delays, subscribers
from sippulse_ws.domain.access import EVERYTHING, NOBODY, PRINCIPAL, Reading, Scope
from sippulse_ws.domain.errors import AccessDenied
from sippulse_ws.models import Administrator, Domain, RatePlan, Subscriber
from tests.factories.platform import DOMAIN, Platform

# The names of three domains stand around that of the one with everything in it.
BEFORE, AFTER, NOWHERE = "a.example.com", "z.example.com", "nowhere.example.com"
ADDRESS = "192.0.2.7"


@pytest.fixture(autouse=True)
def clerks(platform: Platform) -> None:
    """Three of them, made one after the other; each may do something else."""
    for name in (BEFORE, AFTER):
        platform.domain(name)
    platform.administrator("first", AFTER)
    platform.administrator("clerk", DOMAIN)
    platform.administrator("last", BEFORE)


@pytest.fixture
def clerk(platform: Platform) -> Scope:
    return scope_of(platform, "clerk")


def scope_of(platform: Platform, login: str, granted: str | None = None) -> Scope:
    found = platform.one(Administrator, login=login)
    return Scope(found.id, login, found.superuser, granted)


class TestScope:
    def test_what_is_granted_is_allowed_and_nothing_else(self, db: Session, clerk: Scope) -> None:
        asked = (BEFORE, DOMAIN, AFTER, NOWHERE, "", None)
        assert [one for one in asked if clerk.allows(db, one)] == [DOMAIN]
        clerk.require(db, DOMAIN)
        for other in (BEFORE, AFTER, NOWHERE):
            with pytest.raises(AccessDenied) as caught:
                clerk.require(db, other)
            assert caught.value.values == {"domain": other}

    def test_a_grant_that_came_with_the_principal_is_not_asked_for_again(self, db: Session) -> None:
        told = Scope(administrator_id=-5, login="clerk", superuser=False, granted=DOMAIN)
        asked = (BEFORE, DOMAIN.upper().lower(), AFTER, None)
        assert [one for one in asked if told.allows(db, one)] == [DOMAIN]

    def test_a_grant_that_came_is_not_the_only_one(self, db: Session, platform: Platform) -> None:
        both = scope_of(platform, "last", granted=DOMAIN)
        assert [both.allows(db, one) for one in (BEFORE, DOMAIN, AFTER)] == [True, True, False]

    def test_a_superuser_has_every_domain(self, db: Session, platform: Platform) -> None:
        root = scope_of(platform, "root")
        for one in (root, EVERYTHING):
            assert all(one.allows(db, domain) for domain in (DOMAIN, NOWHERE, None))
            assert names(db, one) == [BEFORE, DOMAIN, AFTER]

    def test_nobody_has_none(self, db: Session) -> None:
        assert not any(NOBODY.allows(db, domain) for domain in (BEFORE, DOMAIN, AFTER, None))
        assert names(db, NOBODY) == []

    def test_rows_are_covered_by_the_grant_of_their_domain(self, db: Session, clerk: Scope) -> None:
        assert names(db, clerk) == [DOMAIN]

    def test_it_does_not_change(self, clerk: Any) -> None:
        with pytest.raises(FrozenInstanceError):
            clerk.superuser = True


def names(db: Session, scope: Scope) -> list[str]:
    covered = select(Domain.domain).where(scope.covers(Domain.domain)).order_by(Domain.domain)
    return list(db.execute(covered).scalars())


WITH_PLAN = subscribers.reading(
    Subscriber.username,
    RatePlan.name,
    joins=[(RatePlan, RatePlan.id == Subscriber.rate_plan_id)],
)


class TestReading:
    @pytest.fixture(autouse=True)
    def accounts(self, platform: Platform) -> None:
        for domain in (BEFORE, DOMAIN, AFTER):
            platform.rate_plan(domain, name=f"Plan of {domain}")
            platform.subscriber("1000", domain)
            platform.subscriber("1001", domain)
        for plan in platform.rows(RatePlan):
            self.give(platform, plan)

    def give(self, platform: Platform, plan: Any) -> None:
        account = platform.one(Subscriber, username="1000", domain=plan.domain)
        changed = update(Subscriber).where(Subscriber.id == account.id)
        platform.db.execute(changed.values(rate_plan_id=plan.id))

    def read(self, db: Session, login: str, domain: str | None, reading: Reading) -> Any:
        asked = dict(reading.ask({"username": "1000", "domain": domain}))
        asked |= login_delays.who(login, ADDRESS)
        (row,) = reading.prepared.all(db, **asked, granted_domain=domain)
        return row

    @pytest.mark.parametrize("login", ["clerk", "root"])
    def test_the_subject_comes_with_the_principal(self, login: str, db: Session) -> None:
        row = self.read(db, login, DOMAIN, WITH_PLAN)
        assert row.subject is not None
        assert (row.username, row.name) == ("1000", f"Plan of {DOMAIN}")
        assert row.principal_superuser == (login == "root")
        assert row.principal_domain == (None if login == "root" else DOMAIN)

    @pytest.mark.parametrize("login", ["clerk", "nobody"])
    @pytest.mark.parametrize("domain", [BEFORE, AFTER])
    def test_nothing_of_it_comes_without_the_grant(
        self, login: str, domain: str, db: Session
    ) -> None:
        row = self.read(db, login, domain, WITH_PLAN)
        assert (row.subject, row.username, row.name, row.principal_domain) == (None,) * 4

    def test_a_principal_alone_is_one_row_known_or_not(
        self, db: Session, platform: Platform
    ) -> None:
        row = self.read(db, "clerk", DOMAIN, PRINCIPAL)
        assert row.principal_id == platform.one(Administrator, login="clerk").id
        assert (row.principal_domain, row.subject) == (DOMAIN, None)
        assert self.read(db, "clerk", BEFORE, PRINCIPAL).principal_domain is None
        unknown = self.read(db, "nobody", DOMAIN, PRINCIPAL)
        assert (unknown.principal_id, unknown.principal_domain) == (None, None)

    def test_it_asks_for_the_parameters_it_names(self) -> None:
        values = {"username": "1000", "domain": DOMAIN, "value": 5}
        assert dict(WITH_PLAN.ask(values)) == {"username": "1000", "domain": DOMAIN}
        assert dict(PRINCIPAL.ask(values)) == {}
        chosen = Reading(ask=lambda given: {"username": given["value"]})
        assert dict(chosen.ask(values)) == {"username": 5}
