"""Calls are rated exactly once, to the last decimal, while those who rate them are killed.

SIPPULSE_TEST_CALLS says how many; `make test-charging` takes 10,000.
"""

import os
import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.charging.rating import DUPLICATE, RATED, UNRATED
from sippulse_ws.db import Database, Session
from sippulse_ws.models import CallHold, Cdr, CreditLedger, Event, RawCall, Reseller, Subscriber
from tests.factories.simulated_calls import Simulation, balances

CALLS = int(os.environ.get("SIPPULSE_TEST_CALLS", "600"))
SEED = 20260324
BATCH = 15
KILLS = max(8, CALLS // 250)
PATIENCE = 600  # seconds


class RatingProcesses:
    """Two processes that rate, replaced when they are killed."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._draw = random.Random(SEED)
        self._processes = [self._start(), self._start()]

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.e2e.rating_process", self._url, str(BATCH)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def kill_one(self) -> None:
        """After some batches, anywhere in the next one."""
        number = self._draw.randrange(2)
        process = self._processes[number]
        assert process.stdout is not None
        for _ in range(self._draw.randrange(1, 3)):
            process.stdout.readline()
        time.sleep(self._draw.random() * 0.03)
        process.kill()
        process.communicate()
        self._processes[number] = self._start()

    def finish(self) -> None:
        for process in self._processes:
            assert process.communicate(timeout=PATIENCE)[0].endswith("done\n")
            assert process.returncode == 0

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.communicate()


@pytest.fixture(scope="module")
def rated(installed_url: str) -> Iterator[tuple[Simulation, Session]]:
    """A database in which all calls were rated by processes that were killed."""
    database = Database(installed_url)
    simulation = Simulation(database, SEED)
    simulation.add_calls(CALLS)
    processes = RatingProcesses(installed_url)
    try:
        for _ in range(KILLS):
            processes.kill_one()
        processes.finish()
    finally:
        processes.close()
    with database.reading() as db:
        yield simulation, db
    database.close()


def sums(db: Session, column: Any, *keys: Any) -> dict[Any, Decimal]:
    """Sums by key, added up here: SQLite has no decimals."""
    found: dict[Any, Decimal] = defaultdict(Decimal)
    for *key, value in db.execute(sa.select(*keys, column).where(column.is_not(None))):
        found[tuple(key)] += value
    return found


def test_every_call_is_recorded_once(rated: tuple[Simulation, Session]) -> None:
    _, db = rated
    states = dict(
        db.execute(
            sa.select(RawCall.reason, sa.func.count())
            .where(RawCall.state.in_([RATED, UNRATED]))
            .group_by(RawCall.reason)
        )
        .tuples()
        .all()
    )
    twice = (
        -(-CALLS // 50)
        if CALLS % 500 == 0
        else sum(-(-min(500, CALLS - start) // 50) for start in range(0, CALLS, 500))
    )
    assert sum(states.values()) == CALLS + twice
    assert states[DUPLICATE] == twice
    assert {"no rate", "unknown account"} <= set(states)
    assert states[None] > CALLS // 3
    recorded = sa.select(sa.func.count(Cdr.id), sa.func.count(Cdr.sip_call_id.distinct()))
    assert tuple(db.execute(recorded).one()) == (CALLS, CALLS)


def test_the_ledger_is_the_sum_of_the_prices(rated: tuple[Simulation, Session]) -> None:
    _, db = rated
    ledger = sums(db, CreditLedger.value, CreditLedger.kind)
    prices = sums(db, Cdr.price)[()]
    assert prices > 0
    assert ledger["subscriber",] == -prices
    resold = sums(db, Cdr.reseller_price)[()]
    assert resold > 0
    assert ledger["reseller",] == -resold


def test_each_credit_fell_by_what_its_ledger_says(rated: tuple[Simulation, Session]) -> None:
    simulation, db = rated
    ledger = sums(db, CreditLedger.value, CreditLedger.kind, CreditLedger.account_id)
    for kind, before, table in (
        ("subscriber", simulation.credits, Subscriber),
        ("reseller", simulation.reseller_credits, Reseller),
    ):
        now = balances(db, table)
        expected = {key: value + ledger.get((kind, key), 0) for key, value in before.items()}
        assert now == expected


def test_each_balance_in_the_ledger_follows_from_the_one_before(
    rated: tuple[Simulation, Session],
) -> None:
    simulation, db = rated
    balance = {("subscriber", key): value for key, value in simulation.credits.items()}
    balance |= {("reseller", key): value for key, value in simulation.reseller_credits.items()}
    rows = db.execute(sa.select(*CreditLedger.__table__.columns).order_by(CreditLedger.id))
    for row in rows:
        balance[row.kind, row.account_id] += row.value
        assert row.balance == balance[row.kind, row.account_id]


def test_nothing_is_held_any_more(rated: tuple[Simulation, Session]) -> None:
    _, db = rated
    assert db.scalar(sa.select(sa.func.count()).select_from(CallHold)) == 0
    for table in (Subscriber, Reseller):
        assert set(db.execute(sa.select(table.held)).scalars()) == {Decimal(0)}


def test_every_priced_call_was_told_once(rated: tuple[Simulation, Session]) -> None:
    _, db = rated
    told = sa.select(sa.func.count()).where(Event.kind == "call.rated")
    priced = sa.select(sa.func.count()).where(RawCall.state == RATED, RawCall.reason.is_(None))
    assert db.scalar(told) == db.scalar(priced)
