"""What integrators do with SQL of their own, as their clients write it (MariaDB)."""

from decimal import Decimal
from typing import Any

import pytest

from sippulse_ws.db import Session
from tests.factories.platform import DOMAIN, Platform
from tests.soap import Soap

# by contract number, the account with the most credit first; the client splits on the comma
BY_CONTRACT = """
SELECT s.account_code, s.credit FROM subscriber s
WHERE s.contract_number = %s AND s.active_outgoing_calls = 1 ORDER BY s.credit DESC
"""
# the customer's number stands before the first " - " of the name
BY_FIRST_NAME = """
SELECT s.id, s.username FROM subscriber s WHERE SUBSTRING_INDEX(s.first_name, ' - ', 1) = %s
"""


def run(db: Session, sql: str, value: str) -> list[Any]:
    return [tuple(row) for row in db.exec_driver_sql(sql, (value,))]


@pytest.mark.engines("mariadb")
def test_accounts_of_a_contract_by_credit(soap: Soap, platform: Platform, db: Session) -> None:
    for username, credit in (("1000", 5), ("1001", 10.25), ("1002", 99)):
        platform.subscriber(username, contract_number="C-1")
        soap("SubscriberWS", "addCredit", username=username, domain=DOMAIN, value=credit)
    platform.subscriber("1003", contract_number="C-2")
    soap("SubscriberWS", "blockOutgoingCalls", username="1002", domain=DOMAIN)
    found = run(db, BY_CONTRACT, "C-1")
    assert found == [
        (f"1001@{DOMAIN}", Decimal("10.25")),
        (f"1000@{DOMAIN}", Decimal(5)),
    ]
    assert [f"{account},{credit}".split(",")[1] for account, credit in found] == [
        "10.250000",
        "5.000000",
    ]


@pytest.mark.engines("mariadb")
def test_subscribers_by_the_number_before_their_name(platform: Platform, db: Session) -> None:
    subscriber = platform.subscriber("1000", first_name="4711 - Ana - Souza")
    platform.subscriber("1001", first_name="47110 - Bia")
    platform.subscriber("1002", first_name="4711")
    plain = platform.subscriber("1003", first_name="Sem número")
    assert run(db, BY_FIRST_NAME, "4711")[0] == (subscriber, "1000")
    assert [row[1] for row in run(db, BY_FIRST_NAME, "4711")] == ["1000", "1002"]
    assert run(db, BY_FIRST_NAME, "Sem número") == [(plain, "1003")]


@pytest.mark.engines("mariadb")
def test_keys_compare_by_bytes_also_in_foreign_sql(platform: Platform, db: Session) -> None:
    for username in ("joao", "João"):
        platform.subscriber(username)
    for name, count in (("joao", 1), ("João", 1), ("JOAO", 0), ("joao ", 0), ("joaó", 0)):
        sql = "SELECT id FROM subscriber WHERE username = %s"
        assert len(run(db, sql, name)) == count, name
