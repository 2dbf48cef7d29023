"""`sippulse-ws credit`: the ledger, reversals, likely doubles."""

import datetime as dt
import json
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.domain import credit, new_subscribers, resellers
from sippulse_ws.domain.vault import Vault
from sippulse_ws.models import Audit, CreditLedger, Subscriber
from tests.factories.platform import DOMAIN
from tests.fixtures.server import Cli

PASSWORD = "segredo"


@pytest.fixture
def account(installed_url: str, request: pytest.FixtureRequest) -> str:
    """A subscriber of the test's own."""
    name = f"u{abs(hash(request.node.name)) % 10**9}"
    database = Database(installed_url)
    with database.writing() as db:
        values = {"username": name, "domain": DOMAIN, "password": PASSWORD, "profile": "DEFAULT"}
        new_subscribers.insert_subscriber(db, Vault(), values)
    database.close()
    return name


def add(url: str, username: str, *changes: tuple[Any, ...]) -> list[int]:
    """Changes of value, remark and minutes ago; the ids of their ledger rows."""
    database = Database(url)
    ids = []
    for value, obs, minutes in changes:
        with database.writing() as db:
            account = credit.get_account(db, username, DOMAIN)
            credit.add_credit(db, "root", account, value, obs)
            (row_id,) = db.execute(sa.select(sa.func.max(CreditLedger.id))).one()
            at = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=minutes)
            db.execute(sa.update(CreditLedger).where(CreditLedger.id == row_id).values(at=at))
            ids.append(row_id)
    database.close()
    return ids


def read(url: str, query: Any) -> list[Any]:
    database = Database(url)
    with database.reading() as db:
        rows = list(db.execute(query).all())
    database.close()
    return rows


def balance(url: str, username: str) -> Any:
    return read(url, sa.select(Subscriber.credit).filter_by(username=username))[0][0]


def test_the_ledger_of_an_account(cli: Cli, account: str, installed_url: str) -> None:
    first, second = add(installed_url, account, (10, "Pix 1", 0), (-2.5, None, 0))
    rows = cli.rows("credit", "ledger", f"{account}@{DOMAIN}")
    told = [(row["id"], row["value"], row["balance"], row["obs"]) for row in rows]
    assert told == [
        (str(first), "10.000000", "10.000000", "Pix 1"),
        (str(second), "-2.500000", "7.500000", ""),
    ]
    as_json = json.loads(cli("credit", "ledger", f"{account}@{DOMAIN}", "--json").stdout)
    assert [one["id"] for one in as_json] == [first, second]
    assert as_json[0]["value"] == "10.000000"
    assert (as_json[0]["administrator"], as_json[0]["reverses"]) == ("root", None)


def test_the_ledger_of_some_days(cli: Cli, account: str, installed_url: str) -> None:
    day = 24 * 60
    ids = add(installed_url, account, (1, "a", 3 * day), (2, "b", day), (3, "c", 0))
    days = [dt.datetime.now(dt.UTC).date() - dt.timedelta(days=ago) for ago in (3, 1, 0)]
    name = f"{account}@{DOMAIN}"
    cases: list[tuple[tuple[str, ...], list[int]]] = [
        (("--from", str(days[1])), ids[1:]),
        (("--to", str(days[1])), ids[:2]),
        (("--from", str(days[1]), "--to", str(days[1])), ids[1:2]),
    ]
    for options, expected in cases:
        rows = cli.rows("credit", "ledger", name, *options, timezone="UTC")
        assert [int(row["id"]) for row in rows] == expected


def test_a_change_is_taken_back_once(cli: Cli, account: str, installed_url: str) -> None:
    (row,) = add(installed_url, account, (10, "Pix 1", 0))
    cli("credit", "reverse", str(row), "--obs", "em dobro")
    assert balance(installed_url, account) == 0
    ledger = read(installed_url, sa.select(CreditLedger).filter_by(reverses=row))
    assert [(one.value, one.balance, one.obs) for one in ledger] == [(-10, 0, "em dobro")]
    assert ledger[0].administrator.endswith(" (shell)")
    again = cli("credit", "reverse", str(row), "--obs", "em dobro", status=1)
    assert "already reversed" in again.stderr
    back = cli("credit", "reverse", str(ledger[0].id), "--obs", "x", status=1)
    assert "is a reversal" in back.stderr
    assert balance(installed_url, account) == 0
    told = read(installed_url, sa.select(Audit).filter_by(operation="credit reverse"))
    assert [one.outcome for one in told if f"row={row}" in one.object.split()] == [
        "done",
        "refused",
    ]
    listed = cli.rows("credit", "ledger", f"{account}@{DOMAIN}")
    assert listed[0]["reversed_by"] == listed[1]["id"]


def test_what_cannot_be_taken_back(cli: Cli, account: str, installed_url: str) -> None:
    (row,) = add(installed_url, account, (10, "Pix 1", 0))
    assert "not found" in cli("credit", "reverse", "999999", "--obs", "x", status=1).stderr
    database = Database(installed_url)
    with database.writing() as db:
        db.execute(sa.delete(Subscriber).filter_by(username=account))
    database.close()
    gone = cli("credit", "reverse", str(row), "--obs", "x", status=1)
    assert "Subscriber not found" in gone.stderr
    assert len(cli.rows("credit", "ledger", f"{account}@{DOMAIN}")) == 1  # the ledger stays


def test_a_resellers_credit_is_taken_back(cli: Cli, account: str, installed_url: str) -> None:
    database = Database(installed_url)
    name = f"r-{account}"
    fields = {"domain": DOMAIN, "name": name, "manager": "m", "email": "e@example.com"}
    with database.writing() as db:
        values = fields | {"username": name, "password": PASSWORD, "credit": 30.0}
        resellers.insert_reseller(db, Vault(), "root", values)
    database.close()
    (row,) = cli.rows("credit", "ledger", f"{name}@{DOMAIN}")
    cli("credit", "reverse", row["id"], "--obs", "x")
    listed = cli.rows("credit", "ledger", f"{name}@{DOMAIN}")
    assert [one["balance"] for one in listed] == ["30.000000", "0.000000"]


def test_doubles_are_found(cli: Cli, account: str, installed_url: str) -> None:
    ids = add(
        installed_url,
        account,
        (10, "Pix 1", 60),
        (10, "Pix 1", 59),
        (10, "Pix 1", 30),  # too late
        (10, "Pix 2", 29),  # another remark
        (11, "Pix 2", 29),  # another value
        (5, None, 20),
        (5, None, 20),
    )
    mine = f"{account}@{DOMAIN}"

    def found(*options: str) -> list[tuple[int, int]]:
        rows = cli.rows("credit", "doubles", "--minutes", "10", *options, timezone="UTC")
        return [(int(row["first"]), int(row["id"])) for row in rows if row["account"] == mine]

    assert found() == [(ids[0], ids[1]), (ids[5], ids[6])]
    cli("credit", "reverse", str(ids[1]), "--obs", "em dobro")
    assert found() == [(ids[5], ids[6])]
    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    assert found("--from", str(tomorrow)) == []
    as_json = json.loads(cli("credit", "doubles", "--minutes", "10", "--json").stdout)
    (double,) = [one for one in as_json if one["account"] == mine]
    assert (double["first"], double["id"], double["value"]) == (ids[5], ids[6], "5.000000")


def test_what_the_rater_books_is_no_double(cli: Cli, account: str, installed_url: str) -> None:
    add(installed_url, account, (-1, "call", 0), (-1, "call", 0))
    name = f"{account}@{DOMAIN}"
    database = Database(installed_url)
    with database.writing() as db:
        db.execute(sa.update(CreditLedger).filter_by(account=name).values(administrator=""))
    database.close()
    rows = cli.rows("credit", "doubles", "--minutes", "10")
    assert [row for row in rows if row["account"] == f"{account}@{DOMAIN}"] == []


def test_days_are_those_of_the_operators_clock(cli: Cli, account: str, installed_url: str) -> None:
    (row,) = add(installed_url, account, (1, "a", 0))
    database = Database(installed_url)
    with database.writing() as db:
        late = dt.datetime(2026, 11, 2, 1, 30, tzinfo=dt.UTC)  # the day before in São Paulo
        db.execute(sa.update(CreditLedger).where(CreditLedger.id == row).values(at=late))
    database.close()
    ask = ("credit", "ledger", f"{account}@{DOMAIN}", "--from", "2026-11-01", "--to", "2026-11-01")
    assert cli.rows(*ask, timezone="UTC") == []
    (listed,) = cli.rows(*ask, timezone="America/Sao_Paulo")
    assert listed["at"] == "2026-11-01T22:30:00-03:00"
