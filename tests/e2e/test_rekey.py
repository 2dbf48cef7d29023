"""Passwords are sealed anew by the command line, with the keys that the server is given."""

import re
from typing import Any

import sqlalchemy as sa

from sippulse_ws.models import Subscriber
from tests.e2e.test_command_line import select, soap_on
from tests.factories.requests import new_subscriber
from tests.fixtures.server import Cli

FIRST_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
SECOND_KEY = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY="


def test_the_key_is_rotated_by_db_rekey(cli: Cli, installed_url: str) -> None:
    body = new_subscriber(username="rekey", password="Segr3do!", passwordPortal="W3b!")
    soap_on(installed_url, password_key=FIRST_KEY).xml("SubscriberWS", "insertSubscriber", body)
    key: dict[str, Any] = {"username": "rekey", "domain": "example.com"}
    both: dict[str, Any] = {"password_key": SECOND_KEY, "old_password_keys": FIRST_KEY}
    assert re.search(r"\d+ passwords sealed anew", cli("db", "rekey", **both).stdout)
    assert "0 passwords sealed anew" in cli("db", "rekey", password_key=SECOND_KEY).stdout
    after = soap_on(installed_url, password_key=SECOND_KEY)
    assert after("SubscriberWS", "retrievePassword", **key) == "Segr3do!"
    assert after("SubscriberWS", "retrievePasswordWEB", **key) == "W3b!"
    assert "Segr3do!" not in repr(select(installed_url, sa.select(Subscriber)))
    cli("db", "rekey", old_password_keys=SECOND_KEY)  # encryption can be left again


def test_without_the_old_key_nothing_is_sealed_anew(cli: Cli, installed_url: str) -> None:
    body = new_subscriber(username="oldkey")
    soap_on(installed_url, password_key=FIRST_KEY).xml("SubscriberWS", "insertSubscriber", body)
    before = select(installed_url, sa.select(Subscriber))
    result = cli("db", "rekey", status=1, password_key=SECOND_KEY)
    assert "oldkey@example.com" in result.stderr
    assert select(installed_url, sa.select(Subscriber)) == before
    cli("db", "rekey", password_key=SECOND_KEY, old_password_keys=FIRST_KEY)
    cli("db", "rekey", old_password_keys=SECOND_KEY)  # encryption can be left again
