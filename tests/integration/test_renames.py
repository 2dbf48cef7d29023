"""Renaming and removing domains, profiles and administrators at the command line."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.domain import new_subscribers, passwords
from sippulse_ws.domain.rows import insert_row
from sippulse_ws.domain.vault import Vault
from sippulse_ws.models import Address, DbAlias, Reseller, Subscriber
from tests.fixtures.server import LOGIN, Cli

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@pytest.fixture
def database(installed_url: str) -> Iterator[Database]:
    opened = Database(installed_url)
    yield opened
    opened.close()


def one(database: Database, model: Any, **key: Any) -> Any:
    with database.reading() as db:
        return db.execute(sa.select(*model.__table__.columns).filter_by(**key)).one()


@pytest.mark.parametrize("key", ["", KEY])
def test_a_domain_is_renamed_with_all_that_is_its(cli: Cli, database: Database, key: str) -> None:
    old, new = f"old{len(key)}.example.com", f"new{len(key)}.example.com"
    cli("domain", "create", old)
    cli("profile", "create", old, "GOLD")
    cli("admin", "grant", "root", old)
    vault = Vault(key or None)
    with database.writing() as db:
        values = {"username": "1000", "domain": old, "profile": "GOLD", "password": "Segr3do!"}
        number = new_subscribers.insert_subscriber(db, vault, values | {"password_portal": "W3b!"})
        alias = {"alias_username": "5548", "alias_domain": old, "subscriber_id": number}
        insert_row(db, DbAlias, alias)
        sealed = vault.seal("r3v!", f"ACME@{old}", "password")
        reseller = {"domain": old, "name": "ACME", "username": old, "password": sealed}
        insert_row(db, Reseller, reseller)
        address = {"ip_address": f"192.0.2.{len(key) + 1}", "mask": 32, "method": "iponly"}
        insert_row(db, Address, address | {"subscriber_id": number, "group": "1"})
    settings: dict[str, Any] = {"password_key": key, "password_length": "20"} if key else {}
    cli("domain", "rename", old, new, status=1, input="n\n", **settings)
    assert "1 subscriber" in cli("domain", "rename", old.upper(), new, "--yes", **settings).stdout
    row = one(database, Subscriber, id=number)
    assert (row.domain, row.account_code, row.profile) == (new, f"1000@{new}", "GOLD")
    assert passwords.is_right(vault, row, "password", "Segr3do!")
    assert passwords.is_right(vault, row, "password_portal", "W3b!")
    ha1 = hashlib.md5(f"1000:{new}:Segr3do!".encode()).hexdigest()
    assert row.ha1 == ha1
    assert one(database, DbAlias, subscriber_id=number).alias_domain == new
    assert one(database, Address, subscriber_id=number).context_info == f"1000@{new}"
    stored = one(database, Reseller, domain=new)
    assert vault.open(stored.password, f"ACME@{new}", "password") == "r3v!"
    (root,) = [one for one in cli.rows("admin", "list") if one["login"] == "root"]
    assert new in root["domains"]
    assert old in cli("domain", "rename", old, "x.example.com", "--yes", status=1).stderr
    assert "example.com" in cli("domain", "rename", new, "example.com", "--yes", status=1).stderr


def test_what_is_in_use_stays_and_says_by_what(cli: Cli, database: Database) -> None:
    cli("domain", "create", "used.example.com")
    cli("profile", "create", "used.example.com", "GOLD")
    with database.writing() as db:
        values = {"username": "1", "domain": "used.example.com", "profile": "GOLD"}
        new_subscribers.insert_subscriber(db, Vault(), values | {"password": "x"})
    refused = cli("domain", "remove", "used.example.com", status=1).stderr
    assert "1 profile" in refused
    assert "1 subscriber" in refused
    assert "1 subscriber" in cli("profile", "remove", "used.example.com", "GOLD", status=1).stderr
    cli("subscriber", "remove", "1@used.example.com", "--yes")
    cli("profile", "remove", "used.example.com", "GOLD")
    cli("domain", "remove", "USED.example.com")
    names = [one["domain"] for one in json.loads(cli("domain", "list", "--json").stdout)]
    assert "used.example.com" not in names
    assert "used" in cli("domain", "remove", "used.example.com", status=1).stderr


def test_a_profile_is_renamed_with_its_subscribers(cli: Cli, database: Database) -> None:
    cli("profile", "create", "example.com", "BRONZE")
    with database.writing() as db:
        values = {"username": "2", "domain": "example.com", "profile": "BRONZE", "password": "x"}
        number = new_subscribers.insert_subscriber(db, Vault(), values)
    cli("profile", "rename", "example.com", "BRONZE", "SILVER")
    assert one(database, Subscriber, id=number).profile == "SILVER"
    assert (
        "DEFAULT" in cli("profile", "rename", "example.com", "SILVER", "DEFAULT", status=1).stderr
    )
    assert "BRONZE" in cli("profile", "rename", "example.com", "BRONZE", "X", status=1).stderr
    found = json.loads(cli("profile", "list", "example.com", "--json").stdout)
    assert {"DEFAULT", "SILVER"} <= {one["profile"] for one in found}


def test_an_administrator_is_renamed_and_removed_but_not_the_last_superuser(cli: Cli) -> None:
    cli("admin", "create", "ana", "--password-stdin", "--domain", "example.com", input="x\n")
    cli("admin", "rename", "ana", "bia")
    found = {one["login"]: one for one in json.loads(cli("admin", "list", "--json").stdout)}
    assert found["bia"]["domains"] == ["example.com"]
    assert "ana" in cli("admin", "rename", "ana", "x", status=1).stderr
    assert "root" in cli("admin", "rename", "bia", "root", status=1).stderr
    cli("admin", "remove", "bia")
    assert "bia" in cli("admin", "remove", "bia", status=1).stderr
    assert "superuser" in cli("admin", "remove", LOGIN["login"], status=1).stderr


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"LANG": "pt_BR.UTF-8"}, "criado"),
        ({"LANG": "en_US.UTF-8"}, "created"),
        ({"LC_ALL": "C"}, "criado"),
    ],
)
def test_a_run_speaks_one_language(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, env: dict[str, str], said: str
) -> None:
    monkeypatch.delenv("SIPPULSE_LANGUAGE")
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    domain = f"{said}-{len(env)}{'-'.join(env).lower().replace('_', '')}.example.com"
    assert said in cli("domain", "create", domain).stdout
    refused = cli("domain", "create", domain, status=1).stderr
    assert ("já existe" in refused) is (said == "criado")


@pytest.mark.parametrize(
    "command",
    [
        *("domain list", "profile list", "admin list", "admin delays", "dialplan list"),
        *("provider list", "gateway list", "did list", "proxy status"),
        *("rates staged", "rates history", "subscriber list"),
    ],
)
def test_a_list_is_one_array_as_json(cli: Cli, command: str) -> None:
    found = json.loads(cli(*command.split(), "--json").stdout)
    assert isinstance(found, list)
    assert all(isinstance(one, dict) for one in found)
