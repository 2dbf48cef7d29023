"""`sippulse-ws subscriber …`: looking for subscribers, and changing one or many.

The tests of this module share a database and its eight subscribers, which each test leaves as they
were.
"""

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.domain import new_subscribers
from sippulse_ws.domain.rows import insert_row
from sippulse_ws.domain.vault import Vault
from sippulse_ws.models import Audit, DbAlias, Location, RatePlan, Reseller, Subscriber
from tests.factories.platform import DOMAIN
from tests.fixtures.server import Cli

OTHER = "other.example.com"


@pytest.fixture
def database(installed_url: str) -> Iterator[Database]:
    opened = Database(installed_url)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def people(cli: Cli, database: Database) -> Iterator[dict[str, int]]:
    cli("domain", "create", OTHER)
    cli("profile", "create", OTHER, "DEFAULT")
    with database.writing() as db:
        plan = insert_row(db, RatePlan, {"domain": DOMAIN, "name": "Ouro", "rate_id": 1})
        reseller = insert_row(db, Reseller, {"domain": DOMAIN, "name": "ACME", "username": "acme"})
        ids = {}
        for number in range(1000, 1004):
            for domain in (DOMAIN, OTHER):
                values: dict[str, Any] = {
                    "username": str(number),
                    "domain": domain,
                    "first_name": f"Ana {number}",
                }
                if (number, domain) == (1001, DOMAIN):
                    more = {"rate_plan_id": plan, "reseller_id": reseller, "document": "12.ABC-9"}
                    values |= more | {"last_name": "=cmd|' /C calc'!A0"}
                ids[f"{number}@{domain}"] = new_subscribers.insert_subscriber(
                    db, Vault(), values | {"password": "Segr3do!", "profile": "DEFAULT"}
                )
        credit = sa.update(Subscriber).where(Subscriber.username == "1002")
        db.execute(credit.values(credit=Decimal("10.5")))
        later = dt.datetime.now(dt.UTC).replace(tzinfo=None) + dt.timedelta(hours=1)
        where = {"ruid": "a", "username": "1003", "domain": DOMAIN, "contact": "sip:1003@192.0.2.1"}
        insert_row(db, Location, _location(where, later))
    yield ids
    with database.writing() as db:
        for table in ("location", "subscriber", "rate_plan", "reseller", "profile", "domain"):
            kept = "" if table not in ("profile", "domain") else f" WHERE domain = '{OTHER}'"
            db.exec_driver_sql(f"DELETE FROM {table}{kept}")


def _location(values: dict[str, Any], expires: dt.datetime) -> dict[str, Any]:
    columns = Location.__table__.columns
    needed = {
        one.name: "x"
        for one in columns
        if not one.nullable and one.server_default is None and one.name != "id"
    }
    filled: dict[str, Any] = needed | values | {"expires": expires}
    for name in ("last_modified",):
        filled[name] = expires
    return {
        name: (1 if value == "x" and not isinstance(columns[name].type, sa.String) else value)
        for name, value in filled.items()
    }


def accounts(cli: Cli, *options: str) -> list[str]:
    found = json.loads(cli("subscriber", "list", *options, "--json").stdout)
    return [one["account_code"] for one in found]


@pytest.mark.parametrize(
    ("options", "usernames"),
    [
        ((), ["1000", "1001", "1002", "1003"] * 2),
        (("--domain", "EXAMPLE.com"), ["1000", "1001", "1002", "1003"]),
        (("--text", "ana 1001"), ["1001"] * 2),
        (("--text", "12.abc"), ["1001"]),
        (("--text", "%"), []),
        (("--plan", "Ouro"), ["1001"]),
        (("--reseller", "ACME"), ["1001"]),
        (("--credit-below", "10.5", "--domain", DOMAIN), ["1000", "1001", "1003"]),
        (("--unregistered", "--domain", DOMAIN), ["1000", "1001", "1002"]),
        (("--blocked",), []),
        (("--domain", DOMAIN, "--limit", "2"), ["1000", "1001"]),
    ],
)
def test_subscribers_are_found_by_what_narrows(
    cli: Cli, options: tuple[str, ...], usernames: list[str]
) -> None:
    assert [one.partition("@")[0] for one in accounts(cli, *options)] == usernames


def test_a_list_is_a_table_an_array_or_a_csv(cli: Cli) -> None:
    options = ("--domain", DOMAIN, "--text", "1001")
    (row,) = cli.rows("subscriber", "list", *options)
    assert (row["account_code"], row["plan"], row["reseller"]) == (f"1001@{DOMAIN}", "Ouro", "ACME")
    (same,) = json.loads(cli("subscriber", "search", "1001", "--domain", DOMAIN, "--json").stdout)
    assert (same["active"], same["credit"], same["plan"]) == (True, 0.0, "Ouro")
    text = cli("subscriber", "list", *options, "--csv").stdout
    (line,) = csv.DictReader(io.StringIO(text))
    assert line["last_name"] == "'=cmd|' /C calc'!A0"
    assert "nowhere" in cli("subscriber", "list", "--domain", "nowhere.org", status=1).stderr
    assert "x" in cli("subscriber", "list", "--credit-below", "x", status=1).stderr


def test_one_is_shown_with_what_belongs_to_it_and_without_passwords(
    cli: Cli, database: Database, people: dict[str, int]
) -> None:
    with database.writing() as db:
        alias = {"alias_username": "5548", "alias_domain": DOMAIN}
        insert_row(db, DbAlias, alias | {"subscriber_id": people[f"1003@{DOMAIN}"]})
    told = cli("subscriber", "show", f"1003@{DOMAIN.upper()}", "--json").stdout
    found = json.loads(told)
    assert found["aliases"] == [f"5548@{DOMAIN}"]
    assert found["contacts"] == ["sip:1003@192.0.2.1"]
    assert found["first_name"] == "Ana 1003"
    assert "Segr3do" not in told
    assert not {"password", "password_portal", "ha1", "ha1b"} & found.keys()
    assert "aliases" in cli("subscriber", "show", f"1003@{DOMAIN}").stdout
    assert "9999" in cli("subscriber", "show", f"9999@{DOMAIN}", status=1).stderr


def test_some_are_exported_and_known_to_the_import(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    cli("subscriber", "export", "--text", "1001", "-o", str(file))
    assert "2 known already, 0 refused" in cli("import", "subscribers", str(file)).stdout


def test_one_is_blocked_and_unblocked_and_the_audit_tells(cli: Cli, database: Database) -> None:
    account = f"1000@{DOMAIN}"
    assert "1 blocked, 0 refused" in cli("subscriber", "block", account).stdout
    assert accounts(cli, "--blocked") == [account]
    (trail,) = cli.rows("audit", "--limit", "1")
    assert (trail["operation"], trail["object"], trail["outcome"]) == (
        "subscriber block",
        f"account={account}",
        "done",
    )
    assert "1 unblocked" in cli("subscriber", "unblock", account).stdout
    assert accounts(cli, "--blocked") == []


@pytest.mark.parametrize(
    "text",
    [
        "account_code,name\n1000@{d},x\n1001@{d},y\n9999@{d},z\n",
        "username;domain\n1000;{d}\n1001;{d}\n9999;{d}\n",
        "1000@{d}\n1001@{d}\n\n9999@{d}\n",
    ],
)
def test_those_in_a_file_are_changed_and_unknown_ones_named(
    cli: Cli, database: Database, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text(text.format(d=DOMAIN))
    result = cli("subscriber", "block", "--file", str(file), status=1)
    assert "2 blocked, 1 refused" in result.stdout
    assert f"9999@{DOMAIN}: " in result.stderr
    assert accounts(cli, "--blocked") == [f"1000@{DOMAIN}", f"1001@{DOMAIN}"]
    with database.reading() as db:
        query = sa.select(Audit.outcome).order_by(Audit.id.desc()).limit(3)
        assert sorted(db.execute(query).scalars()) == ["done", "done", "refused"]


def test_fields_are_set(cli: Cli, database: Database) -> None:
    account = f"1000@{DOMAIN}"
    cli("subscriber", "set", account, "firstName=Zoé", "call_limit=3", "phone=(48) 3025-8080")
    found = json.loads(cli("subscriber", "show", account, "--json").stdout)
    assert (found["first_name"], found["call_limit"], found["phone"]) == ("Zoé", 3, 4830258080)
    cli("subscriber", "set", account, "password=N0va!", "first_name=")
    (trail,) = cli.rows("audit", "--limit", "1")
    assert trail["object"] == f"account={account} fields=first_name,password"
    refused = cli("subscriber", "set", account, "profile=GOLD", status=1)
    assert "GOLD" in refused.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((f"1000@{DOMAIN}", "colour=red"), "colour"),
        ((f"1000@{DOMAIN}", "username=x"), "username"),
        ((f"1000@{DOMAIN}", "call_limit=many"), "call_limit"),
        ((f"1000@{DOMAIN}", "call_limit="), "call_limit"),
        ((f"1000@{DOMAIN}",), "FIELD=VALUE"),
        (("call_limit=1",), "--file"),
    ],
)
def test_what_cannot_be_set_is_refused(cli: Cli, words: tuple[str, ...], said: str) -> None:
    assert said in cli("subscriber", "set", *words, status=1).stderr


def test_removing_is_asked_for(cli: Cli) -> None:
    both = (f"1000@{DOMAIN}", f"1001@{OTHER}")
    cli("subscriber", "remove", *both, status=1, input="n\n")
    assert len(accounts(cli)) == 8
    assert "2 removed" in cli("subscriber", "remove", *both, input="y\n").stdout
    assert len(accounts(cli)) == 6
    cli("subscriber", "remove", both[0], "--yes", status=1)
