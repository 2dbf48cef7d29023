"""When the commit itself fails: nothing stays open, nothing is done twice, the client is told."""

import re
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError
from zeep.exceptions import Fault

from sippulse_ws.app import create_app
from sippulse_ws.config import Settings
from sippulse_ws.db import Database, Session
from sippulse_ws.models import Audit, CreditLedger, Subscriber
from tests.factories.requests import new_subscriber
from tests.fixtures.server import LOGIN
from tests.soap import Soap

KEY: dict[str, Any] = {"username": "1000", "domain": "example.com"}


@pytest.fixture
def database(installed_url: str) -> Iterator[Database]:
    one = Database(installed_url)
    yield one
    one.close()


def test_a_lost_commit_is_not_repeated_and_the_client_is_told_to_look(database: Database) -> None:
    soap = Soap(create_app(Settings(language="en"), database), LOGIN)
    soap.xml("SubscriberWS", "insertSubscriber", new_subscriber())
    with database.reading() as db:
        before = db.scalar(sa.select(sa.func.max(Audit.id)))
    tries = []

    def lose(connection: Session) -> None:
        tries.append(connection)
        if len(tries) == 1:  # the second is the audit row's
            gone = Exception(2013, "Lost connection")
            raise OperationalError("COMMIT", {}, gone, connection_invalidated=True)

    sa.event.listen(database._writer, "commit", lose)
    fault = soap.fault("SubscriberWS", "addCredit", **KEY, value=5)
    sa.event.remove(database._writer, "commit", lose)
    assert re.search(r"check whether the change was made .* \(request [0-9a-f]{16}\)", fault)
    assert len(tries) == 2
    assert soap("SubscriberWS", "retrieveCredit", **KEY) == 0.0
    soap("SubscriberWS", "addCredit", **KEY, value=5)
    assert soap("SubscriberWS", "retrieveCredit", **KEY) == 5.0
    with database.reading() as db:
        query = sa.select(Audit.outcome, Audit.error).where(
            Audit.operation == "addCredit", Audit.id > before
        )
        told = db.execute(query.order_by(Audit.id)).all()
        ours = sa.select(Subscriber.id).where(Subscriber.username == KEY["username"])
        ledger = db.execute(
            sa.select(CreditLedger.id).where(CreditLedger.account_id.in_(ours))
        ).all()
    assert [tuple(row) for row in told] == [("failed", "outcome-unknown"), ("done", None)]
    assert len(ledger) == 1


def test_a_conflict_that_the_commit_tells_is_repeated(database: Database) -> None:
    """As of a cluster whose other node was faster: nothing was stored."""
    soap = Soap(create_app(Settings(language="en"), database), LOGIN)
    soap.xml("SubscriberWS", "insertSubscriber", new_subscriber(username="1001"))
    left = [1, 1]

    def conflict(_: sa.Connection) -> None:
        if left:
            left.pop()
            raise OperationalError("COMMIT", {}, Exception(1213, "Deadlock found"))

    sa.event.listen(database._writer, "commit", conflict)
    soap("SubscriberWS", "addCredit", **KEY | {"username": "1001"}, value=5)
    sa.event.remove(database._writer, "commit", conflict)
    assert left == []
    assert soap("SubscriberWS", "retrieveCredit", **KEY | {"username": "1001"}) == 5.0


def test_a_commit_that_conflicts_every_time_says_that_nothing_was_done(database: Database) -> None:
    soap = Soap(create_app(Settings(language="en"), database), LOGIN)
    soap.xml("SubscriberWS", "insertSubscriber", new_subscriber(username="1002"))

    def conflict(_: sa.Connection) -> None:
        raise OperationalError("COMMIT", {}, Exception(1213, "Deadlock found"))

    sa.event.listen(database._writer, "commit", conflict)
    fault = soap.fault("SubscriberWS", "addCredit", **KEY | {"username": "1002"}, value=5)
    sa.event.remove(database._writer, "commit", conflict)
    assert "try again" in fault
    assert "check whether" not in fault
    assert soap("SubscriberWS", "retrieveCredit", **KEY | {"username": "1002"}) == 0.0


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("at", ["commit", "statement"])
def test_a_full_sqlite_says_that_nothing_was_done(database: Database, at: str) -> None:
    soap = Soap(create_app(Settings(language="en"), database), LOGIN)
    soap.xml("SubscriberWS", "insertSubscriber", new_subscriber(username=f"full-{at}"))
    account = KEY | {"username": f"full-{at}"}
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL

    def fail(*_: object) -> None:
        raise OperationalError("COMMIT", {}, full)

    with pytest.MonkeyPatch.context() as patch:
        if at == "commit":
            sa.event.listen(database._writer, "commit", fail)
        else:
            patch.setattr("sippulse_ws.domain.credit.add_credit", fail)
        fault = soap.fault("SubscriberWS", "addCredit", **account, value=5)
        if at == "commit":
            sa.event.remove(database._writer, "commit", fail)
    assert re.match(r"The database is full, nothing was changed \(request [0-9a-f]{16}\)", fault)
    soap("SubscriberWS", "addCredit", **account, value=5)
    assert soap("SubscriberWS", "retrieveCredit", **account) == 5.0


@pytest.mark.engines("sqlite")
def test_a_really_full_sqlite(database: Database) -> None:
    soap = Soap(create_app(Settings(language="en"), database), LOGIN)
    soap.xml("SubscriberWS", "insertSubscriber", new_subscriber(username="1003"))

    with database.writing() as db:  # the thread's own connection, which the operations use too
        pages = db.exec_driver_sql("PRAGMA page_count").scalar()
        db.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    said: list[Any] = []
    for _ in range(200):  # until the pages that are half empty are full too
        try:
            soap("SubscriberWS", "addCredit", **KEY | {"username": "1003"}, value=1, obs="x" * 900)
            said.append(None)
        except Fault as fault:
            said.append(fault.message)
            break
    assert said[-1] is not None
    assert said[-1].startswith("The database is full, nothing was changed")
    assert soap("SubscriberWS", "retrieveCredit", **KEY | {"username": "1003"}) == len(said) - 1


@pytest.mark.engines("sqlite")
def test_a_refused_commit_leaves_no_transaction_open(database: Database) -> None:
    with database.writing() as db:
        db.exec_driver_sql("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        db.exec_driver_sql(
            "CREATE TABLE child (parent REFERENCES parent DEFERRABLE INITIALLY DEFERRED)"
        )
    with pytest.raises(IntegrityError), database.writing() as db:
        db.exec_driver_sql("INSERT INTO child VALUES (1)")
    other = Database(database.url)
    for one in (database, other):
        with one.writing() as db:
            assert db.exec_driver_sql("SELECT COUNT(*) FROM child").scalar() == 0
            db.exec_driver_sql("INSERT INTO parent DEFAULT VALUES")
    other.close()
