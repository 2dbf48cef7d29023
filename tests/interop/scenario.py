"""What every client does, and what it must see and leave in the database.

A client is a program. It gets the URL of the services, a domain, an administrator's login and
password, two usernames and a number; it lists the domains, inserts both subscribers, retrieves
the first, gives it the number and lists its DIDs, inserts a hunt group of both, and then provokes
two business faults: the subscriber inserted again, and a wrong password. It prints what it saw as
one JSON object.
"""

import json
import subprocess
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

SECONDS = 60


@dataclass(frozen=True)
class Served:
    """A running `sippulse-ws serve` with one domain and one administrator of it."""

    url: str
    database_url: str
    domain: str
    login: str
    password: str


def play(command: list[str], served: Served, username: str) -> dict[str, Any]:
    """Run a client and return what it saw."""
    who = [served.domain, served.login, served.password]
    arguments = [served.url, *who, username, f"{username}0", f"55{username}"]
    result = subprocess.run(
        [*command, *arguments], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    seen: dict[str, Any] = json.loads(result.stdout)
    return seen


def check_seen(seen: dict[str, Any], served: Served, username: str) -> None:
    faults = [seen.pop("duplicateFault"), seen.pop("loginFault")]
    assert all(faults), "a fault without its faultMessage"
    assert faults[0] != faults[1]
    assert seen.pop("subscriberId") > 0
    assert seen.pop("huntGroupId") > 0
    assert seen.pop("uri")
    assert seen == {
        "domains": [served.domain],
        "accountCode": f"{username}@{served.domain}",
        "firstName": "João & Filhos <Ltda>",
        "lastName": None,
        "mobile": 5511987654321,
        "callLimit": 3,
        "lowCreditLimit": 10.5,
        "activeOutgoingCalls": True,
        "dids": [f"55{username}"],
        "groupList": f"{username};{username}0",
    }


def check_stored(seen: dict[str, Any], served: Served, username: str) -> None:
    """Compare with the rows themselves, read by SQL."""
    account_code = f"{username}@{served.domain}"
    assert _rows(
        served,
        "SELECT id, domain, first_name, last_name, mobile, call_limit, active_outgoing_calls"
        " FROM subscriber WHERE account_code = :it",
        account_code,
    ) == [(seen["subscriberId"], served.domain, "João & Filhos <Ltda>", None, 5511987654321, 3, 1)]
    assert _rows(
        served,
        "SELECT COUNT(*) FROM subscriber WHERE account_code = :it",
        f"{username}0@{served.domain}",
    ) == [(1,)]
    assert _rows(
        served,
        "SELECT s.account_code, d.domain FROM did d JOIN subscriber s ON s.id = d.subscriber_id"
        " WHERE d.alias_username = :it",
        f"55{username}",
    ) == [(account_code, served.domain)]
    assert _rows(
        served,
        "SELECT description, domain, method, timeout, uri FROM hunt_group WHERE id = :it",
        seen["huntGroupId"],
    ) == [(f"Vendas {username}", served.domain, "serial", 20, seen["uri"])]


def _rows(served: Served, query: str, it: Any) -> list[tuple[Any, ...]]:
    engine = sa.create_engine(served.database_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query), {"it": it})]
