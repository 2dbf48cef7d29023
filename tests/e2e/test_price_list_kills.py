"""A price list that becomes valid while whoever puts it in force is killed.

It is in force once and whole, and readers see the old list or the new one at any moment.
"""

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.domain import price_lists
from sippulse_ws.models import Audit, BackgroundLease, PriceList, PriceListRow, Rate
from tests.e2e.switching_process import STEPS
from tests.fixtures.server import PROGRAM, WITH_US

PATIENCE = 180  # seconds
DOMAIN = "example.com"
Prices = dict[str, Decimal]
OLD = {f"55{number}": Decimal(number) / 100 for number in range(100, 400)}
NEW = {f"55{number}": Decimal(number) / 50 for number in range(200, 500)}


@pytest.fixture
def database(installed_url: str) -> Iterator[Database]:
    opened = Database(installed_url)
    yield opened
    with opened.writing() as db:
        for table in (PriceListRow, PriceList, Rate, BackgroundLease):
            db.execute(sa.delete(table))
        db.execute(sa.delete(Audit).where(Audit.operation == "rates apply"))
    opened.close()


@pytest.fixture
def staged(database: Database) -> int:
    """The old list is in force, the new one waits and is due."""
    with database.writing() as db:
        for prefix, value in OLD.items():
            row = {"prefix": prefix, "name": "old", "rate_value": value}
            db.execute(sa.insert(Rate).values(domain=DOMAIN, rate_id=1, **row))
        list_id = price_lists.begin_list(db, DOMAIN, 1, by="ana", source="new.csv")
        for prefix, value in NEW.items():
            row = {"prefix": prefix, "name": "new", "rate_value": value}
            db.execute(sa.insert(PriceListRow).values(price_list_id=list_id, **row))
        price_lists.stage_list(db, list_id, dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1))
    return list_id


def prices(database: Database) -> Prices:
    with database.reading() as db:
        query = sa.select(Rate.prefix, Rate.rate_value).where(Rate.rate_id == 1)
        return {row.prefix: row.rate_value for row in db.execute(query)}


def states(database: Database) -> dict[str, int]:
    with database.reading() as db:
        rows = db.execute(sa.select(PriceList.state, sa.func.count()).group_by(PriceList.state))
        return {row[0]: row[1] for row in rows}


class Readers:
    """Reads the whole table again and again; `wrong` is what was neither list."""

    def __init__(self, url: str) -> None:
        self._database = Database(url)
        self._ended = threading.Event()
        self.wrong: list[int] = []
        self.reads = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.is_set():
            found = prices(self._database)
            self.reads += 1
            if found not in (OLD, NEW):
                self.wrong.append(len(found))

    def end(self) -> None:
        self._ended.set()
        self._thread.join(PATIENCE)
        self._database.close()


@pytest.fixture
def readers(installed_url: str, staged: int) -> Iterator[Readers]:
    running = Readers(installed_url)
    yield running
    running.end()


@pytest.fixture
def background(installed_url: str) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts `jobs run`, which works as the background process of `serve` does."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        env = os.environ | {"SIPPULSE_DATABASE_URL": installed_url}
        command = [*WITH_US, str(PROGRAM), "jobs", "run"]
        started.append(subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL))
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.wait()


def wait_for(what: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.3)  # asked ten times a second, InnoDB tells nothing new of transactions


def is_in_force(database: Database) -> bool:
    return price_lists.APPLIED in states(database)


def check_switched_once(database: Database, list_id: int) -> None:
    assert prices(database) == NEW
    assert states(database) == {price_lists.APPLIED: 1, price_lists.KEPT: 1}
    with database.reading() as db:
        kept = db.scalar(sa.select(PriceList.id).where(PriceList.state == price_lists.KEPT))
        query = sa.select(PriceListRow.prefix, PriceListRow.rate_value)
        rows = db.execute(query.where(PriceListRow.price_list_id == kept))
        assert {row.prefix: row.rate_value for row in rows} == OLD
        audited = sa.select(Audit.object).where(Audit.operation == "rates apply")
        ((told,),) = db.execute(audited)
    assert told.startswith(f"list={list_id} ")


@pytest.mark.slow("sqlite")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("step", STEPS)
def test_one_that_is_killed_at_a_step_of_the_switch_leaves_it_to_the_next(
    step: str,
    installed_url: str,
    database: Database,
    staged: int,
    readers: Readers,
    background: Callable[[], Any],
) -> None:
    command = [sys.executable, "-m", "tests.e2e.switching_process", installed_url, step]
    killed = subprocess.run(command, timeout=PATIENCE, check=False)
    assert killed.returncode == -signal.SIGKILL
    if step == "commit":
        check_switched_once(database, staged)
    else:
        assert prices(database) == OLD
        assert states(database) == {price_lists.STAGED: 1}
    reads = readers.reads
    wait_for(lambda: readers.reads > reads)
    background()
    wait_for(lambda: is_in_force(database))
    wait_for(lambda: prices(database) == NEW)
    check_switched_once(database, staged)
    readers.end()
    assert readers.wrong == []


@pytest.mark.timeout(900)
@pytest.mark.engines("mariadb")
def test_the_background_process_killed_in_the_middle_of_the_switch(
    database: Database, staged: int, readers: Readers, background: Callable[[], Any]
) -> None:
    """It waits for a row of the list, which somebody else holds, and is killed there."""
    other = sa.create_engine(database.url, poolclass=sa.NullPool)
    with other.connect() as holding:
        locked = sa.select(Rate.id).where(Rate.prefix == "55399").with_for_update()
        holding.execute(locked)
        first = background()
        waits = sa.text(
            "SELECT COUNT(*) FROM information_schema.innodb_trx t"
            " JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id"
            " WHERE p.db = DATABASE() AND t.trx_state = 'LOCK WAIT'"
        )
        with other.connect() as looking:
            wait_for(lambda: looking.execute(waits).scalar())
        first.kill()
        first.wait()
        holding.rollback()
    other.dispose()
    assert prices(database) == OLD
    assert states(database) == {price_lists.STAGED: 1}
    background()
    wait_for(lambda: is_in_force(database))
    check_switched_once(database, staged)
    readers.end()
    assert readers.wrong == []
