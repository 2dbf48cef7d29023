"""When the commit itself fails: nothing stays open, nothing is done twice, the client is told."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError

from sippulse_ws.app import create_app
from sippulse_ws.config import Settings
from sippulse_ws.db import Database, Session
from sippulse_ws.models import Audit, CreditLedger
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
        query = sa.select(Audit.outcome, Audit.error).where(Audit.operation == "addCredit")
        told = db.execute(query.order_by(Audit.id)).all()
        ledger = db.execute(sa.select(CreditLedger.id)).all()
    assert [tuple(row) for row in told] == [("failed", "outcome-unknown"), ("done", None)]
    assert len(ledger) == 1


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
