"""Random provisioning and random calls: who pays, what is allowed and left is what a model says.

On MariaDB the SIP proxies' function decides beside Python, money is held, and what calls are
provisioned with changes while they are up.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from sippulse_ws.charging import rating
from sippulse_ws.charging.accounts import load_accounts
from sippulse_ws.charging.admission import admit
from sippulse_ws.charging.dead_holds import release_hold
from sippulse_ws.charging.lookup import find_terms, is_white_listed
from sippulse_ws.charging.proxy_functions import create_statements
from sippulse_ws.charging.rating import RatingWorker
from sippulse_ws.db import Session
from sippulse_ws.models import CallHold, CreditLedger, RawCall, Reseller, Subscriber
from tests.factories.charging_model import EMERGENCIES, Tariffs
from tests.factories.charging_provisioning import (
    ACCOUNTS,
    NOON,
    NUMBERS,
    RESELLERS,
    ZONE,
    Provisioning,
    account_names,
)
from tests.factories.platform import DOMAIN
from tests.factories.raw_calls import raw_call

seconds = st.sampled_from([0, 1, 3, 29, 31, 61, 600])
dear_numbers = st.sampled_from(NUMBERS[:2])
_calls = count(1)
resellers_or_none = st.sampled_from([None, *RESELLERS])


@dataclass
class CallUp:
    """A call that is up, with what was settled when it began."""

    account: str
    payer: str
    reseller: str | None
    tariffs: Tariffs
    hold_id: int
    number: str


@dataclass(frozen=True)
class Leg:
    """What somebody pays of a call: 0 the way out, 1 the way in."""

    account: str
    number: str
    ground: str
    hold_id: int | None
    way: int


class Charging(Provisioning):
    """Calls beside the provisioning."""

    schema: str | None  # of the proxies' functions
    up: CallUp | None = None
    dialogs = 0

    @rule(
        account=account_names,
        number=st.sampled_from(NUMBERS),
        length=seconds,
        incoming=st.sampled_from([False, False, True]),
    )
    def call(self, account: str, number: str, length: int, incoming: bool) -> None:
        if self._is_held(account):
            return
        allowed, ground, hold_id = self._ask(account, number, incoming)
        if not allowed:
            return
        expected = self.model.charge(account, number, length, ground)
        # a record without a hold is rated by what holds now: the same, here
        self._rate(account, number, length, ground, hold_id, expected, incoming)

    @rule(account=account_names, number=st.sampled_from(NUMBERS))
    def call_begins(self, account: str, number: str) -> None:
        """A prepaid call for which money is held; one at a time."""
        tariffs = self.model.tariffs(account, number)
        if self.schema is None or tariffs is None or self.up is not None:
            return
        sale, resold = tariffs
        if sale.rate == 0 or (resold is not None and resold.rate == 0):
            return  # of these nothing is held, and what holds at the end counts
        allowed, ground, hold_id = self._ask(account, number, incoming=False)
        if allowed and hold_id is not None and ground == "prepaid":
            one = self.model.accounts[account]
            payer = one.manager or account
            self.up = CallUp(account, payer, one.reseller, tariffs, hold_id, number)
        elif hold_id is not None:
            release_hold(self.db, hold_id)

    @rule(length=seconds)
    def call_ends(self, length: int) -> None:
        """As it was settled when it began, whatever was provisioned since."""
        if self.up is None:
            return
        one, self.up = self.up, None
        expected = self.model.settle(one.payer, one.reseller, one.tariffs, length)
        self._rate(one.account, one.number, length, "prepaid", one.hold_id, expected, False)

    @rule(
        account=account_names, number=st.sampled_from(NUMBERS[:2]), length=seconds, data=st.data()
    )
    def call_meets_changes(
        self, account: str, number: str, length: int, data: st.DataObject
    ) -> None:
        """Of the account's group, plan and reseller, and of the rates, while its call is up."""
        if self.up is not None:
            return
        self.call_begins(account, number)
        for what in data.draw(st.lists(st.sampled_from(["group", "assign", "rate"]), max_size=3)):
            if what == "group":
                self.ungroup(account)
                self.group(data.draw(account_names), account)
            elif what == "assign":
                drawn = {"billing": 0, "markup": "10", "reseller_plan": "A"}
                plan, reseller = data.draw(st.sampled_from("ABC")), data.draw(resellers_or_none)
                self.assign(account, plan, reseller, **drawn)
            else:
                value = data.draw(st.sampled_from(["0", "6", None]))
                for table in (1, 2, 3):
                    self.change_rate(table, "55", value)
        self.call_ends(length)

    @rule(
        forwarder=account_names,
        number=st.sampled_from(NUMBERS),
        owner=st.sampled_from([None, *ACCOUNTS, "the same"]),
        network=dear_numbers,
        length=seconds,
    )
    def forwarded_call(
        self, forwarder: str, number: str, owner: str | None, network: str, length: int
    ) -> None:
        """From a phone, or from the network to a DID whose owner pays the way in.

        Each leg is its owner's: whoever called pays nothing.
        """
        payers = [forwarder] if owner is None else [forwarder, owner]
        payers = [forwarder if one == "the same" else one for one in payers]
        if any(self._is_held(one) for one in payers):
            return
        legs: list[Leg] = []
        for way, account in reversed(list(enumerate(payers))):
            told = network if way == 1 else number
            allowed, ground, hold_id = self._ask(account, told, way == 1, again=bool(legs))
            if not allowed:
                self._let_go(legs)
                return
            legs.append(Leg(account, told, ground, hold_id, way))
            self._note_held()
        self._note_held(of_nobody=True)
        expected = [self.model.charge(leg.account, leg.number, length, leg.ground) for leg in legs]
        self._rate_legs(legs, length, expected)

    def _let_go(self, legs: Sequence[Leg]) -> None:
        """A call that came to nothing."""
        for leg in legs:
            if leg.hold_id is not None:
                release_hold(self.db, leg.hold_id)
        self._note_held(of_nobody=True)

    def _note_held(self, *, of_nobody: bool = False) -> None:
        """What the first leg holds the second cannot spend."""
        for row in self.db.execute(sa.select(Subscriber.username, Subscriber.held)).all():
            self.model.accounts[row.username].held = Decimal(0) if of_nobody else row.held
        for row in self.db.execute(sa.select(Reseller.name, Reseller.held)).all():
            self.model.resellers[row.name].held = Decimal(0) if of_nobody else row.held

    def _is_held(self, account: str) -> bool:
        """Whether the call that is up holds money that this one would ask for."""
        one = self.model.accounts[account]
        return self.up is not None and (
            self.up.payer == (one.manager or account)
            or (one.reseller is not None and self.up.reseller == one.reseller)
        )

    def _ask(
        self, name: str, number: str, incoming: bool, *, again: bool = False
    ) -> tuple[bool, str, int | None]:
        """Python and, on MariaDB, the proxies' function decide as the model does.

        `again`: for another leg of the same call.
        """
        expected = self.model.decide(name, number, incoming=incoming)
        code = f"{name}@{DOMAIN}"
        caller = load_accounts(self.db, [code])[code]
        decision = admit(
            caller,
            find_terms(self.db, caller, number),
            white_listed=is_white_listed(self.db, caller.id, number),
            emergency=number in EMERGENCIES and not incoming,
            incoming=incoming,
        )
        assert (decision.allowed, decision.reason) == expected
        if self.schema is None:
            return *expected, None
        self.dialogs += not again
        service = "0800" if incoming else "pstn"
        answer = self.db.execute(
            sa.text(
                f"SELECT {self.schema}.sippulse_admit(:a, :n, :n, :s, 'c', 't', 'p', 1, :d, 600)"
            ),
            {"a": code, "n": number, "s": service, "d": self.dialogs},
        ).scalar()
        allowed, status, reason, basis, _, hold, _ = str(answer).split("|", 6)
        told = basis if allowed == "1" else f"{status} {reason}"
        assert (allowed == "1", told) == expected
        return *expected, int(hold) if hold else None

    def _rate(
        self,
        account: str,
        number: str,
        length: int,
        ground: str,
        hold_id: int | None,
        expected: list[Decimal | None],
        incoming: bool,
    ) -> None:
        leg = Leg(account, number, ground, hold_id, int(incoming))
        self._rate_legs([leg], length, [expected])

    def _rate_legs(
        self, legs: Sequence[Leg], length: int, expected: Sequence[list[Decimal | None]]
    ) -> None:
        raw_ids = []
        call_id = f"model-{next(_calls)}"
        for leg in legs:
            values: dict[str, Any] = {"number": leg.number, "basis": leg.ground}
            values |= {"hold_id": leg.hold_id, "call_id": call_id, "started": NOON}
            values |= {"service": "0800", "leg": len(legs) - 1} if leg.way == 1 else {}
            raw_ids.append(raw_call(self.db, leg.account, length, **values))
        assert RatingWorker(ZONE).rate_batch(self.db) == len(legs)
        for raw_id, prices in zip(raw_ids, expected, strict=True):
            self._check_rated(raw_id, prices)

    def _check_rated(self, raw_id: int, prices: list[Decimal | None]) -> None:
        query = sa.select(RawCall.state).where(RawCall.id == raw_id)
        state = rating.UNRATED if prices[0] is None else rating.RATED
        assert self.db.scalar(query) == state
        posted = sa.select(CreditLedger.kind, CreditLedger.value)
        posted = posted.where(CreditLedger.raw_id == raw_id)
        ledger = dict(self.db.execute(posted).tuples().all())
        told = {"subscriber": prices[0], "reseller": prices[1]}
        assert ledger == {kind: -price for kind, price in told.items() if price}

    @invariant()
    def balances_are_the_models(self) -> None:
        if not hasattr(self, "model"):
            return
        names = "credit", "held", "daily_quota_consumed", "monthly_quota_consumed"
        columns = (getattr(Subscriber, name) for name in names)
        for row in self.db.execute(sa.select(Subscriber.username, Subscriber.id, *columns)).all():
            one = self.model.accounts[row.username]
            used = (row.daily_quota_consumed, row.monthly_quota_consumed)
            assert row.credit == one.credit
            assert (row.held > 0) == (self.up is not None and self.up.payer == row.username)
            assert used == (one.daily.used, one.monthly.used)
            assert self._ledger("subscriber", row.id) == one.credit
        for row in self.db.execute(sa.select(Reseller.name, Reseller.id, Reseller.credit)).all():
            expected = self.model.resellers[row.name].credit
            assert row.credit == expected == self._ledger("reseller", row.id)
        held = self.db.execute(sa.select(CallHold.id)).scalars().all()
        assert held == ([self.up.hold_id] if self.up else [])

    def _ledger(self, kind: str, account_id: int) -> Decimal:
        of = (CreditLedger.kind == kind) & (CreditLedger.account_id == account_id)
        values = self.db.execute(sa.select(CreditLedger.value).where(of)).scalars()
        return sum(values, Decimal(0))


@pytest.fixture
def schema(db: Session, migrated_url: str) -> Iterator[str | None]:
    """The proxies' functions, where there are any."""
    if db.is_sqlite:
        yield None
        return
    url = sa.make_url(migrated_url)
    name = f"{url.database}_model"
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as console:
        console.exec_driver_sql(f"CREATE DATABASE {name}")
        for statement in create_statements(f"`{url.database}`", f"`{name}`"):
            console.exec_driver_sql(statement.replace("%", "%%"))
        yield name
        console.exec_driver_sql(f"DROP DATABASE {name}")
    engine.dispose()


@pytest.mark.timeout(1800)  # many calls; a machine may be busy
def test_charging_does_what_the_model_says(
    db: Session, schema: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = SimpleNamespace(now=lambda _zone: NOON)
    monkeypatch.setattr(rating, "dt", SimpleNamespace(datetime=told, UTC=dt.UTC))
    machine = type("Machine", (Charging,), {"db": db, "schema": schema})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=30,
            stateful_step_count=40,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
