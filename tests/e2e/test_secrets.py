"""Keys, files and first logins: what a lost key or a second start must not go unnoticed with."""

import base64
import json
import stat
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.app import create_app
from sippulse_ws.config import Settings
from sippulse_ws.db import Database, Session
from sippulse_ws.domain import new_subscribers, password_keys
from sippulse_ws.domain.errors_guard import KeyMissing, WeakPassword
from sippulse_ws.domain.vault import Vault
from sippulse_ws.models import StoredSetting, Subscriber
from tests.factories.platform import DOMAIN, Platform
from tests.factories.requests import new_subscriber
from tests.fixtures.server import Cli
from tests.soap import Soap

KEYS = [base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2)]
SETTING = "SIPPULSE_PASSWORD_KEY"


def canary(db: Session) -> str | None:
    query = sa.select(StoredSetting.value).where(StoredSetting.name == password_keys.CANARY)
    found: str | None = db.scalar(query)
    return found


class TestCanary:
    def test_the_first_start_with_a_key_makes_it_needed(self, db: Session) -> None:
        password_keys.note_key(db, Vault())
        assert canary(db) == "plain:canary"
        password_keys.check_key(db, Vault(KEYS[0]))
        password_keys.note_key(db, Vault(KEYS[0]))
        password_keys.note_key(db, Vault(KEYS[0]))
        for wrong in (Vault(), Vault(KEYS[1]), Vault(None, [KEYS[0]])):
            with pytest.raises(KeyMissing, match="key-missing"):
                password_keys.check_key(db, wrong)
            with pytest.raises(KeyMissing):
                password_keys.note_key(db, wrong)
        password_keys.check_key(db, Vault(KEYS[1], [KEYS[0]]))

    @pytest.mark.parametrize("field", ["password", "password_portal"])
    def test_a_database_from_before_the_canary_is_looked_through(
        self, db: Session, platform: Platform, field: str
    ) -> None:
        platform.subscriber("1000")
        sealed = Vault(KEYS[0]).seal("x", f"1000@{DOMAIN}", field)
        platform.update(Subscriber, **{field: sealed})
        db.execute(sa.delete(StoredSetting).where(StoredSetting.name == password_keys.CANARY))
        for wrong in (Vault(), Vault(KEYS[1])):
            with pytest.raises(KeyMissing):
                password_keys.note_key(db, wrong)
        assert canary(db) is None
        password_keys.note_key(db, Vault(KEYS[0]))
        assert str(canary(db)).startswith("aes1:")

    def test_nothing_is_stored_weaker_than_the_rows_beside_it(
        self,
        app_with: Any,
        platform: Platform,
        db: Session,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(password_keys, "LOOK_SECONDS", 0)  # another test may just have asked
        soap = app_with(language="en")
        password_keys.note_key(db, Vault(KEYS[0]))
        sent = new_subscriber(username="1001")
        assert SETTING in soap.xml_fault("SubscriberWS", "insertSubscriber", sent)
        assert platform.rows(Subscriber) == []
        answer = soap.http.get("/readyz")
        assert answer.status_code == 503
        assert SETTING in answer.text

    def test_another_process_that_begins_to_seal_is_noticed(
        self, database: Any, platform: Platform, db: Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(password_keys, "LOOK_SECONDS", 0)
        soap = Soap(create_app(Settings(language="en"), database), platform.principal)
        soap.xml("SubscriberWS", "insertSubscriber", new_subscriber(username="1001"))
        password_keys.note_key(db, Vault(KEYS[0]))
        sent = new_subscriber(username="1002")
        assert SETTING in soap.xml_fault("SubscriberWS", "insertSubscriber", sent)


def test_commands_make_the_key_needed_and_change_it(
    empty_database_url: str, bare_cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIPPULSE_DATABASE_URL", empty_database_url)
    bare_cli("db", "upgrade", password_key=KEYS[0])
    wrong: list[dict[str, Any]] = [{}, {"password_key": KEYS[1]}]
    for settings in wrong:
        result = bare_cli("db", "upgrade", status=1, **settings)
        assert SETTING in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1
    bare_cli("db", "rekey", password_key=KEYS[1], old_password_keys=KEYS[0])
    assert SETTING in bare_cli("db", "upgrade", status=1, password_key=KEYS[0]).stderr
    bare_cli("db", "upgrade", password_key=KEYS[1])


def test_serve_does_not_start_without_the_key(
    empty_database_url: str, bare_cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIPPULSE_DATABASE_URL", empty_database_url)
    bare_cli("db", "upgrade", password_key=KEYS[0])
    for module in (sys, threading):  # which are the server's from then on
        monkeypatch.setattr(module, "excepthook", module.excepthook)
    result = bare_cli("serve", "--port", "9", status=1)
    (line,) = result.stderr.strip().splitlines()
    told = json.loads(line)
    assert told["event"] == "not started"
    assert SETTING in told["reason"]


class TestPolicy:
    def test_short_and_speaking_passwords_are_refused_when_asked_for(
        self, app_with: Any, platform: Platform
    ) -> None:
        soap = app_with(language="en", password_length=12)
        for password in ("short", "x" * 11, "x" * 12 + "1001", "1001" + "y" * 20):
            sent = new_subscriber(username="1001", password=password)
            fault = soap.xml_fault("SubscriberWS", "insertSubscriber", sent)
            assert "password" in fault
            assert "SIPPULSE_PASSWORD_LENGTH" in fault
            assert password not in fault
        assert platform.rows(Subscriber) == []
        sent = new_subscriber(username="1001", password="x" * 12)
        soap.xml("SubscriberWS", "insertSubscriber", sent)
        change = {"username": "1001", "domain": DOMAIN, "actualPassword": "x" * 12}
        short = {"newPassword": "short", "confirmNewPassword": "short"}
        fault = soap.fault("SubscriberWS", "changePassword", **change, **short)
        assert "SIPPULSE_PASSWORD_LENGTH" in fault

    def test_any_password_does_without(self, platform: Platform) -> None:
        platform.subscriber("1001", password="1")
        with pytest.raises(WeakPassword):
            from_vault(platform, Vault(shortest=2))


def from_vault(platform: Platform, vault: Vault) -> None:
    values = {"username": "1", "domain": DOMAIN, "profile": "DEFAULT", "password": "1"}
    new_subscribers.insert_subscriber(platform.db, vault, values)


class TestFiles:
    def test_an_sqlite_database_is_its_owners(self, tmp_path: Path, bare_cli: Cli) -> None:
        url = f"sqlite:///{tmp_path}/own.db"
        bare_cli("db", "upgrade", database_url=url)
        database = Database(url)
        with database.writing() as db:
            db.execute(sa.text("UPDATE domain SET domain = domain"))
            files = sorted(tmp_path.iterdir())
            assert [file.name for file in files][:1] == ["own.db"]
            assert len(files) >= 3
            for file in files:
                assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
        database.close()

    def test_a_folder_that_is_missing_is_not_made(self, tmp_path: Path, bare_cli: Cli) -> None:
        url = f"sqlite:///{tmp_path}/missing/own.db"
        for command in (["db", "upgrade"], ["domain", "list"]):
            result = bare_cli(*command, status=1, database_url=url)
            assert f"{tmp_path}/missing" in result.stderr
            assert len(result.stderr.strip().splitlines()) == 1
        assert list(tmp_path.iterdir()) == []

    def test_the_default_folder_is(
        self, tmp_path: Path, bare_cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        bare_cli("db", "upgrade", database_url="sqlite:///var/sippulse.db")
        assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700


class TestDemo:
    def test_its_logins_stand_beside_its_database(
        self, tmp_path: Path, bare_cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "elsewhere").mkdir()
        made = {"elsewhere/one.db": "one.db-demo-logins.txt", "var/sippulse.db": "demo-logins.txt"}
        for name, logins in made.items():
            url = f"sqlite:///{name}"
            bare_cli("db", "upgrade", database_url=url)
            assert logins in bare_cli("db", "demo", database_url=url).stdout
            path = tmp_path / Path(name).parent / logins
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            before = path.read_text()
            again = bare_cli("db", "demo", database_url=url)
            assert "there already" in again.stdout
            assert path.read_text() == before
            (row,) = bare_cli.rows("audit", "--operation", "db demo", database_url=url)
            assert row["outcome"] == "done"

    def test_it_has_no_place_beside_other_domains(
        self, empty_database_url: str, bare_cli: Cli, tmp_path: Path
    ) -> None:
        url: dict[str, Any] = {"database_url": empty_database_url}
        bare_cli("db", "upgrade", **url)
        bare_cli("domain", "create", "example.com", **url)
        logins = tmp_path / "logins"
        result = bare_cli("db", "demo", "--logins", str(logins), status=1, **url)
        assert len(result.stderr.strip().splitlines()) == 1
        assert not logins.exists()
        assert bare_cli.rows("admin", "list", **url) == []


@pytest.mark.parametrize(
    "password",
    ["Segr3@do!", "@Segr3do!", "a@b@Segr3do!", "a@Segr3/do!", "a@b:Segr3do!", "a@1:S/do!"],
)
def test_no_part_of_a_password_with_an_at_sign_is_in_an_error(bare_cli: Cli, password: str) -> None:
    url = f"mysql+pymysql://root:{password}@127.0.0.1:1/sippulse"
    result = bare_cli("domain", "list", status=1, database_url=url)
    assert len(result.stderr.strip().splitlines()) == 1
    assert "SIPPULSE_DATABASE_URL" in result.stderr
    for part in password.replace("/", "@").replace(":", "@").split("@"):
        assert len(part) < 3 or part not in result.output
