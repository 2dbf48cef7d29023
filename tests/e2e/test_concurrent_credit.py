"""Many processes add credit to the same accounts through two workers: not a cent is lost.

SIPPULSE_TEST_CREDITS is how often each of the 16 processes adds; 1000 is the acceptance size.
"""

import os
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from multiprocessing import get_context

import requests
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.models import Audit, CreditLedger, Subscriber
from tests.factories.requests import new_subscriber
from tests.fixtures.server import LOGIN, Server
from tests.soap import ENVELOPE, principal_xml

PROCESSES = 16
TIMES = int(os.environ.get("SIPPULSE_TEST_CREDITS", "60"))
ACCOUNTS = ("1000", "1001")
VALUES = ("0.1", "0.2", "0.01", "-0.03", "1.000001")


def add_many(base: str, number: int) -> tuple[int, list[str]]:
    """What one client process does; how many were done, and what the others were told."""
    done, faults = 0, []
    with requests.Session() as session:
        for turn in range(TIMES):
            fields = {
                "username": ACCOUNTS[(number + turn) % len(ACCOUNTS)],
                "domain": "example.com",
                "value": VALUES[(number + turn) % len(VALUES)],
                "obs": f"{number}/{turn}",
            }
            body = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
            answer = session.post(
                f"{base}/SipPulse/SubscriberWS",
                data=ENVELOPE.format(operation="addCredit", body=body + principal_xml(LOGIN)),
                headers={"Content-Type": "text/xml"},
                timeout=120,
            )
            done += answer.ok
            if not answer.ok:
                faults.append(answer.text)
    return done, faults


def test_not_a_cent_is_lost(server: Server, installed_url: str) -> None:
    for username in ACCOUNTS:
        assert server.post("SubscriberWS", "insertSubscriber", new_subscriber(username=username)).ok
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as clients:
        results = list(clients.map(add_many, [server.base] * PROCESSES, range(PROCESSES)))
    assert [faults for _, faults in results if faults] == []
    assert sum(done for done, _ in results) == PROCESSES * TIMES
    database = Database(installed_url)
    try:
        with database.reading() as db:
            rows = db.execute(sa.select(CreditLedger).order_by(CreditLedger.id)).all()
            accounts = db.execute(sa.select(Subscriber.account_code, Subscriber.credit)).all()
            query = sa.select(sa.func.count()).where(
                Audit.operation == "addCredit", Audit.outcome == "done"
            )
            audited = db.execute(query).scalar()
    finally:
        database.close()
    assert len({row.obs for row in rows}) == audited == PROCESSES * TIMES
    sent = sum(
        Decimal(VALUES[(number + turn) % len(VALUES)])
        for number in range(PROCESSES)
        for turn in range(TIMES)
    )
    assert sum(account.credit for account in accounts) == sent
    for account in accounts:
        changes = [row for row in rows if row.account == account.account_code]
        assert sum(row.value for row in changes) == account.credit
        balances = {row.balance - row.value for row in changes} | {account.credit}
        assert balances == {row.balance for row in changes} | {Decimal(0)}
