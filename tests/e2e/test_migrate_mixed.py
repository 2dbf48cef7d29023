"""Migrations between installations that keep their rows and their passwords in other ways."""

import base64
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from sippulse_ws.cutover.shadow.logins import LearntLogin, LoginBook
from sippulse_ws.cutover.shadow.scrubbing import Pseudonyms
from sippulse_ws.db import Database
from sippulse_ws.domain.vault import Vault
from sippulse_ws.models import CreditLedger, Subscriber
from tests.e2e.migrating import SECONDS, Program, scalar
from tests.e2e.old_world import ACCOUNTS, DOMAIN, fill
from tests.fixtures.server import LOGIN, PROGRAM, Server

KEY, OTHER_KEY = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
SAME = (
    Subscriber.id, Subscriber.account_code, Subscriber.first_name, Subscriber.credit,
    Subscriber.ha1, Subscriber.ha1b, Subscriber.rate_plan_id, Subscriber.mobile,
)  # fmt: skip


def install(url: str) -> None:
    """As `installed_url` does, wherever it is."""
    env = os.environ | {"SIPPULSE_DATABASE_URL": url}
    password = LOGIN["password"]
    for arguments in (
        ("db", "upgrade"),
        ("domain", "create", DOMAIN),
        ("profile", "create", DOMAIN, "DEFAULT"),
        ("admin", "create", LOGIN["login"], "--superuser", "--password-stdin"),
    ):
        subprocess.run(
            [PROGRAM, *arguments], env=env, input=password, text=True, check=True, timeout=SECONDS
        )


def rows(url: str) -> list[tuple[Any, ...]]:
    database = Database(url)
    with database.reading() as db:
        found = [tuple(row) for row in db.execute(sa.select(*SAME).order_by(Subscriber.id))]
    database.close()
    return found


def check_passwords(url: str, key: str | None) -> None:
    """They are what they were, sealed where there is a key."""
    vault, database = Vault(key), Database(url)
    columns = Subscriber.account_code, Subscriber.password, Subscriber.password_portal
    with database.reading() as db:
        for code, sip, portal in db.execute(sa.select(*columns)):
            account = code.partition("@")[0]
            assert ("cret-" in sip) == (key is None)
            assert vault.open(sip, code, "password") == f"sécret-{account}"
            assert vault.open(portal, code, "password_portal") == f"portal{account}"
        assert db.scalar(sa.select(sa.func.count()).select_from(CreditLedger))
    database.close()


@pytest.mark.timeout(900)
@pytest.mark.engines("mariadb")
@pytest.mark.parametrize(
    ("old_is_sqlite", "old_key", "new_key"),
    [(True, KEY, None), (False, None, KEY), (True, KEY, OTHER_KEY)],
    ids=["sqlite-to-mariadb", "mariadb-to-sqlite", "other-key"],
)
def test_an_installation_is_taken_over_by_another_engine_with_another_key(
    old_is_sqlite: bool,
    old_key: str | None,
    new_key: str | None,
    empty_database_url: str,
    tmp_path: Path,
) -> None:
    urls = [f"sqlite:///{tmp_path}/one.db", empty_database_url]
    old_url, new_url = urls if old_is_sqlite else urls[::-1]
    install(old_url)
    settings = {"PASSWORD_KEY": old_key} if old_key else {}
    old = Server(old_url, tmp_path / "log", **settings)
    try:
        fill(old)
        program = Program(new_url, tmp_path, old.base)
        if new_key:
            program._environment["SIPPULSE_PASSWORD_KEY"] = new_key
        found = program.migrate().finished()
    finally:
        old.stop()
    assert (found["not_taken"], found["different"], found["only_here"]) == ([], [], [])
    assert found["compared"] > len(ACCOUNTS)
    assert rows(new_url) == rows(old_url)
    check_passwords(old_url, old_key)
    check_passwords(new_url, new_key)


@pytest.mark.engines("sqlite")
def test_logins_that_a_shadow_has_learnt_are_administrators(
    server: Server, empty_database_url: str, tmp_path: Path
) -> None:
    file, hasher = tmp_path / "logins.csv", PasswordHasher(1, 8, 1)
    book = LoginBook(file, Pseudonyms(), hasher)
    book.logins["crm"] = LearntLogin(hasher.hash("s3nha do CRM"), {DOMAIN, "other.example"})
    book._changed = True
    book.save()
    program = Program(empty_database_url, tmp_path, server.base)
    program.names.write_text("account_code\n")
    counts = program.migrate("--admins", str(file)).finished()["counts"]
    assert counts["administrator new"] == 1
    query = "SELECT password_hash FROM administrator WHERE login = 'crm' AND superuser = 0"
    assert scalar(program.url, query) == book.logins["crm"].password_hash
    assert scalar(program.url, "SELECT domain FROM administrator_domain") == DOMAIN
