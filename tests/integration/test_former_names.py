"""Calls are their account's, whoever bears its name when they are rated."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.charging.rated_call import NO_SUCH_ACCOUNT, REMOVED_ACCOUNT
from sippulse_ws.charging.rating import RATED, UNRATED, RatingWorker
from sippulse_ws.db import Database
from sippulse_ws.domain import account_groups, domains, new_subscribers, profiles, subscribers
from sippulse_ws.domain.forgetting import forget_account
from sippulse_ws.domain.personal_data import find_person
from sippulse_ws.domain.rows import insert_row
from sippulse_ws.domain.vault import Vault
from sippulse_ws.models import (
    Base,
    CallHold,
    Cdr,
    CreditLedger,
    FormerName,
    Rate,
    RatePlan,
    RawCall,
    Subscriber,
)
from tests.factories.raw_calls import hold, raw_call
from tests.fixtures.server import Cli

DOMAIN, NEW = "names.example.com", "renamed.example.com"
ACCOUNT = f"1000@{DOMAIN}"
COST = Decimal("0.6")


class Names:
    """A domain with a plan, and accounts that come and go."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        with self.database.writing() as db:
            domains.create_domain(db, DOMAIN)
            profiles.create_profile(db, DOMAIN, "DEFAULT")
            values = {"domain": DOMAIN, "name": "Plan", "rate_id": 1, "prepaid": True}
            self.plan: int | None = insert_row(db, RatePlan, values)
            rate = {"domain": DOMAIN, "rate_id": 1, "name": "R", "rate_value": COST}
            insert_row(db, Rate, rate | {"prefix": "55"})

    def account(self, username: str = "1000", domain: str = DOMAIN) -> int:
        given = {"username": username, "domain": domain, "profile": "DEFAULT", "password": "x"}
        with self.database.writing() as db:
            made = new_subscribers.insert_subscriber(
                db, Vault(), given | {"rate_plan_id": self.plan}
            )
            credit = {"credit": Decimal(10)}
            db.execute(sa.update(Subscriber).where(Subscriber.id == made).values(credit))
        return made

    def remove(self, username: str = "1000") -> None:
        with self.database.writing() as db:
            columns = Subscriber.id, Subscriber.username, Subscriber.domain
            named = (Subscriber.username == username) & (Subscriber.domain == DOMAIN)
            subscribers.remove_subscriber(db, db.execute(sa.select(*columns).where(named)).one())

    def call(self, account: str = ACCOUNT, **values: Any) -> int:
        started = {"started": dt.datetime.now(dt.UTC) - dt.timedelta(milliseconds=1)}
        with self.database.writing() as db:
            return raw_call(db, account, **(started | values))

    def rate(self) -> None:
        while RatingWorker("UTC").run(self.database):
            pass

    def state(self, raw_id: int) -> tuple[int, str | None]:
        with self.database.reading() as db:
            query = sa.select(RawCall.state, RawCall.reason).where(RawCall.id == raw_id)
            return tuple(db.execute(query).one())

    def credit(self, subscriber_id: int) -> Decimal:
        with self.database.reading() as db:
            query = sa.select(Subscriber.credit).where(Subscriber.id == subscriber_id)
            return Decimal(db.scalar(query))

    def reprice(self, value: str) -> None:
        with self.database.writing() as db:
            mine = Rate.domain == DOMAIN
            db.execute(sa.update(Rate).where(mine).values(rate_value=Decimal(value)))


@pytest.fixture
def names(installed_url: str) -> Iterator[Names]:
    made = Names(installed_url)
    yield made
    with made.database.writing() as db:
        models: tuple[type[Base], ...] = (CallHold, CreditLedger, Cdr, RawCall, FormerName)
        for model in models:
            db.execute(sa.delete(model))
        for table in ("subscriber", "rate_plan", "rate", "profile", "domain"):
            gone = sa.text(f"DELETE FROM {table} WHERE domain IN (:old, :new)")
            db.execute(gone, {"old": DOMAIN, "new": NEW})
    made.database.close()


def test_a_late_record_of_a_removed_account_does_not_charge_who_has_its_name_now(
    names: Names,
) -> None:
    names.account()
    late = names.call()
    names.remove()
    heir = names.account()
    own = names.call(started=dt.datetime.now(dt.UTC))
    names.rate()
    assert names.state(late) == (UNRATED, REMOVED_ACCOUNT)
    assert names.state(own) == (RATED, None)
    assert names.credit(heir) == 10 - COST


def test_a_record_of_an_account_that_is_gone_says_so(names: Names) -> None:
    names.account()
    late, strange = names.call(), names.call("2000@" + DOMAIN)
    names.remove()
    names.rate()
    assert names.state(late) == (UNRATED, REMOVED_ACCOUNT)
    assert names.state(strange) == (UNRATED, NO_SUCH_ACCOUNT)


def test_a_name_that_was_given_three_times(names: Names) -> None:
    calls, owners = [], []
    for _ in range(3):
        owners.append(names.account())
        calls.append(names.call(started=dt.datetime.now(dt.UTC)))
        names.remove()
    owners.append(names.account())
    calls.append(names.call(started=dt.datetime.now(dt.UTC)))
    names.rate()
    states = [names.state(one)[0] for one in calls]
    assert states == [UNRATED, UNRATED, UNRATED, RATED]
    assert len(set(owners)) == 4
    assert names.credit(owners[-1]) == 10 - COST


def test_rating_again_charges_no_new_owner_of_the_name(names: Names, cli: Cli) -> None:
    names.account()
    free = names.call(number="550", seconds=0.5)  # no row in the ledger tells who paid
    paid, lost = names.call(), names.call(number="1212")
    names.rate()
    names.remove()
    heir = names.account()
    names.reprice("100")
    with names.database.writing() as db:
        rate = {"domain": DOMAIN, "rate_id": 1, "name": "R", "rate_value": COST, "prefix": "12"}
        insert_row(db, Rate, rate)
        db.execute(sa.update(RawCall).where(RawCall.id == free).values(duration_ms=5000))
    today = f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"
    yesterday = f"{dt.datetime.now(dt.UTC) - dt.timedelta(days=1):%Y-%m-%d}"
    said = cli("calls", "rerate", "--from", yesterday, "--to", today, timezone="UTC").output
    assert "0 calls changed" in said
    assert REMOVED_ACCOUNT in said
    assert "2 calls are of accounts that were removed, and stay as they are" in said
    assert "no rate" not in said
    cli("calls", "unrated", "--again")
    names.rate()
    assert names.state(lost) == (UNRATED, REMOVED_ACCOUNT)
    assert names.credit(heir) == 10
    with names.database.reading() as db:
        prices = dict(db.execute(sa.select(Cdr.raw_id, Cdr.price)).tuples().all())
        ledger = db.execute(sa.select(CreditLedger.value)).scalars().all()
    assert prices == {free: 0, paid: COST, lost: None}
    assert ledger == [-COST]


@pytest.mark.parametrize("reused", [False, True])
def test_an_account_renamed_while_its_call_is_up_pays_for_it(
    names: Names, cli: Cli, reused: bool
) -> None:
    owner = names.account()
    with names.database.writing() as db:
        held = hold(db, owner, "0.6", account=ACCOUNT)
    started = dt.datetime.now(dt.UTC)
    cli("domain", "rename", DOMAIN, NEW, "--yes")
    if reused:
        with names.database.writing() as db:
            domains.create_domain(db, DOMAIN)
            profiles.create_profile(db, DOMAIN, "DEFAULT")
        names.plan = None
        heir = names.account()
    call = names.call(started=started, hold_id=held)
    names.rate()
    assert names.state(call) == (RATED, None)
    assert names.credit(owner) == 10 - COST
    if reused:
        assert names.credit(heir) == 10
    with names.database.reading() as db:
        query = sa.select(Subscriber.held).where(Subscriber.id == owner)
        assert db.scalar(query) == 0
        row = db.execute(sa.select(CreditLedger.account, CreditLedger.account_id)).one()
        assert tuple(row) == (f"1000@{NEW}", owner)


def test_the_manager_that_pays_is_the_old_accounts_own(names: Names) -> None:
    """The account is removed; who has its name now is in a group of somebody who owes nothing."""
    names.account()
    call = names.call()
    names.remove()
    names.account()
    manager = names.account("9000")
    with names.database.writing() as db:
        account_groups.add_account_group(db, f"9000@{DOMAIN}", "DEFAULT", [ACCOUNT])
    names.rate()
    assert names.state(call) == (UNRATED, REMOVED_ACCOUNT)
    assert names.credit(manager) == 10


def test_a_forgotten_account_keeps_its_calls_from_who_has_its_name_now(names: Names) -> None:
    owner = names.account()
    call = names.call()
    names.rate()
    with names.database.writing() as db:
        forget_account(db, find_person(db, ACCOUNT), tells=False)
    heir = names.account()
    with names.database.writing() as db:
        db.execute(sa.update(RawCall).values(state=0))
        db.execute(sa.delete(Cdr))
    names.rate()
    assert names.state(call) == (RATED, None)
    assert (names.credit(owner), names.credit(heir)) == (10 - 2 * COST, Decimal(10))
