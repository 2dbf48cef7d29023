"""What an operation costs in round trips and statements: the database is the cost."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.app import create_app
from sippulse_ws.config import Settings
from sippulse_ws.db import Database, Session
from sippulse_ws.db.schema.migrate import upgrade
from sippulse_ws.db.statements import Queued
from sippulse_ws.domain import new_subscribers, password_keys
from sippulse_ws.domain.vault import Vault
from sippulse_ws.lanes import PLACE, Detour
from sippulse_ws.models import Subscriber
from sippulse_ws.services import runner
from tests.factories.platform import DOMAIN, Platform
from tests.soap import Soap

KEY = {"username": "1000", "domain": DOMAIN}
NEW = {
    "subscriber": {
        "username": "ana",
        "domain": DOMAIN,
        "password": "segredo",
        "profile": "DEFAULT",
        "activeIncomingCalls": True,
        "activeOutgoingCalls": True,
        "addServiceHeader": False,
        "blockAnonymousCalls": False,
        "blockEntry0303": False,
        "callsOnlyByIp": False,
        "copyPassertedRpid": False,
        "lowCreditLimit": 0,
        "lowCreditNotification": False,
        "resellerBillingType": 0,
        "resellerMarkup": 0,
        "softphoneAllowed": False,
        "validateSource0303": False,
        "voicemail": False,
    }
}

# service, operation, arguments: verbs of the statements in each round trip, in order
COSTS = [
    ("SubscriberWS", "retrieveSubscriber", KEY, ["SELECT"]),
    ("SubscriberWS", "retrieveSubscriberClassV", KEY, ["SELECT"]),
    ("SubscriberWS", "retrieveCredit", KEY, ["SELECT"]),
    ("DidWS", "listByAcc", {"accountCode": f"1000@{DOMAIN}"}, ["SELECT"]),
    # a write takes its audit row and its event along
    ("SubscriberWS", "activateSubscriber", KEY, ["SELECT", "INSERT INSERT UPDATE", "COMMIT"]),
    (
        "SubscriberWS",
        "addCredit",
        {**KEY, "value": 1.5, "obs": "x"},
        ["SELECT", "INSERT UPDATE INSERT INSERT", "COMMIT"],
    ),
    ("SubscriberWS", "insertSubscriber", NEW, ["SELECT", "INSERT INSERT INSERT INSERT", "COMMIT"]),
    (
        "SubscriberWS",
        "updateSubscriber",
        {"subscriber": {**NEW["subscriber"], "profile": None, "firstName": "Ana"}},
        ["SELECT", "INSERT INSERT UPDATE", "COMMIT"],
    ),
    # what it refers to is looked up first
    (
        "SubscriberWS",
        "updateSubscriber",
        NEW,
        ["SELECT", "INSERT SELECT", "INSERT UPDATE", "COMMIT"],
    ),
    (
        "SubscriberWS",
        "removeSubscriber",
        {"username": "ana", "domain": DOMAIN},
        ["SELECT", "INSERT SELECT INSERT UPDATE DELETE INSERT INSERT DELETE DELETE", "COMMIT"],
    ),
]


Committed = tuple[Soap, list[str], Database]


@pytest.fixture(scope="module")
def committed(fresh_url: str) -> Iterator[Committed]:
    """An application that commits, and the verbs of what it says to the database."""
    database = Database(fresh_url)
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        soap = _installed(database)
        for engine in (database._reader, database._writer):
            sa.event.listen(
                engine, "before_cursor_execute", lambda *one: said.append(one[2].split()[0])
            )
            sa.event.listen(engine, "commit", lambda _: said.append("COMMIT"))
            sa.event.listen(engine, "rollback", lambda _: said.append("ROLLBACK"))
        send = Session._send

        def counting(db: Session, statements: list[Queued]) -> None:
            said.append(" ".join(one.plan.sql.split()[0] for one in statements))
            send(db, statements)

        patch.setattr(Session, "_send", counting)
        soap.http.get("/readyz")  # has asked for the password key, which is then known for a while
        patch.setattr(password_keys, "LOOK_SECONDS", float("inf"))
        yield soap, said, database
    database.close()


def _installed(database: Database) -> Soap:
    upgrade(database)
    with database.writing() as db:
        platform = Platform(db)
        platform.subscriber("1000")
        platform.did("554830258080", "1000")
        principal = platform.administrator("crm", DOMAIN)
    return Soap(create_app(Settings(), database), principal)


def _prepare(database: Database, operation: str) -> None:
    """Whatever ran before: `ana` is there, unless she is to be inserted."""
    ana = {"username": "ana", "domain": DOMAIN}
    with database.writing() as db:
        db.execute(sa.delete(Subscriber).where(Subscriber.username == "ana"))
        if operation != "insertSubscriber":
            new = {**ana, "password": "segredo", "profile": "DEFAULT"}
            new_subscribers.insert_subscriber(db, Vault(), new)


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "verbs"),
    COSTS,
    ids=[f"{cost[1]}-{len(cost[3])}" for cost in COSTS],
)
def test_statements_of_an_operation(
    committed: Committed,
    service: str,
    operation: str,
    arguments: dict[str, Any],
    verbs: list[str],
) -> None:
    soap, said, database = committed
    _prepare(database, operation)
    said.clear()
    soap(service, operation, **arguments)
    # SQLite's transactions begin with a statement of their own, within the process
    assert [verb for verb in said if verb != "BEGIN"] == verbs


class _Crowded:
    """A place where others write already when a request comes for the first time."""

    lane, end, authorized, park = "operations", float("inf"), None, None

    def __init__(self) -> None:
        self.others = 1

    def enter(self, _account: str) -> None:
        self.others -= 1
        if self.others >= 0:
            raise Detour

    def leave(self, _account: str) -> None:
        pass


@pytest.mark.parametrize(("moment", "again"), [(60.0, []), (0.0, ["SELECT"])])
def test_a_write_that_had_to_wait_for_others_a_moment_is_not_authorized_again(
    committed: Committed, monkeypatch: pytest.MonkeyPatch, moment: float, again: list[str]
) -> None:
    """Under load most writes have to wait: the principal is not read twice for that."""
    soap, said, _ = committed
    monkeypatch.setattr(runner, "AUTHORIZED_SECONDS", moment)
    place = _Crowded()
    here = Soap(lambda environ, start: soap.app({**environ, PLACE: place}, start), soap.principal)
    said.clear()

    with pytest.raises(Detour):
        here("SubscriberWS", "activateSubscriber", username="1000", domain=DOMAIN)
    assert said == ["SELECT"]
    here("SubscriberWS", "activateSubscriber", username="1000", domain=DOMAIN)

    verbs = [verb for verb in said if verb != "BEGIN"]
    assert verbs == ["SELECT", *again, "INSERT INSERT UPDATE", "COMMIT"]
