"""The doctor finds what is wrong, says what to do, and is quiet where all is well."""

import json
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.ops.doctor.texts import TEXTS
from tests.fixtures.proxies import KamailioStandIn
from tests.fixtures.server import Cli

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
OTHER = "YWJjZGVmZ2hpamFiY2RlZmdoaWphYmNkZWZnaGlqYWI="

Execute = Callable[[str], None]


@pytest.fixture
def cli(empty_database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """The command line on a database of this test's own with sealed demo data and a backup."""
    monkeypatch.setenv("SIPPULSE_DATABASE_URL", empty_database_url)
    monkeypatch.setenv("SIPPULSE_PASSWORD_KEY", KEY)
    monkeypatch.setenv("SIPPULSE_LANGUAGE", "en")
    cli = Cli(monkeypatch)
    cli("db", "upgrade")
    cli("db", "demo", "--logins", str(tmp_path / "logins"))
    cli("backup", "create", str(tmp_path / "backup"))
    return cli


@pytest.fixture
def execute(empty_database_url: str) -> Execute:
    def run(statement: str) -> None:
        database = Database(empty_database_url, 1)
        with database.writing() as db:
            db.exec_driver_sql(statement)
        database.close()

    return run


def troubles(cli: Cli, status: int, **env: str) -> dict[str, dict[str, str]]:
    """What is not in order, by code."""
    rows = json.loads(cli("doctor", "--json", status=status, **env).stdout)
    return {row["code"]: row for row in rows if row["state"] != "ok"}


def test_all_is_well(cli: Cli) -> None:
    rows = json.loads(cli("doctor", "--json").stdout)
    assert [row for row in rows if row["state"] != "ok"] == []
    assert {row["check"] for row in rows} == set(
        "disk,certificate,database,rights,character set,clock,schema,views,partitions,indexes,"
        "passwords,proxies,dids,networks,backups".split(",")
    )


def test_every_sentence_stands_in_both_languages() -> None:
    for code, text in TEXTS.items():
        assert (text.to_do.pt == "") == (text.to_do.en == ""), code
        assert text.found.pt, code


@pytest.mark.engines("sqlite")
def test_it_speaks_portuguese_too(cli: Cli, execute: Execute) -> None:
    execute("DELETE FROM audit")
    said = cli("doctor", status=1, language="pt").stdout
    assert "nenhum backup feito por este programa" in said
    assert "sippulse-ws backup create ARQUIVO" in said


@pytest.mark.engines("sqlite")
def test_a_database_that_is_away_is_an_error(cli: Cli) -> None:
    url = "mysql+pymysql://root:Seg-9@127.0.0.1:1/x"
    result = cli("doctor", status=2, database_url=url)
    assert "does not answer" in result.stdout
    assert "Seg-9" not in result.output


@pytest.mark.engines("sqlite")
def test_keys(cli: Cli, execute: Execute) -> None:
    found = troubles(cli, 2, password_key=OTHER)
    assert "passwords are sealed with a key that is not here" in found["key-unknown"]["found"]
    assert "SIPPULSE_OLD_PASSWORD_KEYS" in found["key-unknown"]["do"]
    assert set(troubles(cli, 1, password_key=OTHER, old_password_keys=KEY)) == {"old-keys"}
    execute("UPDATE subscriber SET password = 'plain:x' WHERE username = '1000'")
    assert set(troubles(cli, 2)) == {"plain-beside-sealed"}
    execute(
        "UPDATE subscriber SET password = (SELECT x FROM (SELECT password AS x FROM subscriber "
        "WHERE username = '1001' LIMIT 1) AS other) WHERE username = '1000'"
    )
    execute("UPDATE subscriber SET password = NULL WHERE username IN ('1001', '1002')")
    found = troubles(cli, 2)
    assert set(found) == {"key-wrong"}
    assert "1000@" in found["key-wrong"]["found"]


@pytest.mark.engines("sqlite")
def test_a_schema_of_another_version(cli: Cli, execute: Execute) -> None:
    execute("UPDATE alembic_version SET version_num = '9999'")
    assert "newer than this program" in troubles(cli, 2)["schema"]["found"]
    execute("UPDATE alembic_version SET version_num = '0006'")
    assert "run: sippulse-ws db upgrade" in troubles(cli, 2)["schema"]["found"]


def test_a_view_that_is_gone(cli: Cli, execute: Execute) -> None:
    execute("DROP VIEW vi_cdrs")
    found = troubles(cli, 2)
    assert found["view-broken"]["found"].startswith("the view vi_cdrs")


def test_networks_numbers_and_backups(cli: Cli, execute: Execute) -> None:
    (subscriber,) = ["(SELECT MIN(id) FROM subscriber)"]
    execute(
        "INSERT INTO address (subscriber_id, ip_address, mask, port, protocol, method, "
        f"tech_prefix, `group`, pattern, context_info) SELECT {subscriber}, '10.0.0.0', 8, 0, "
        "'any', 'iponly', '', '', '', ''"
    )
    execute("UPDATE did SET inventory_domain = NULL, origin = 'administrator' WHERE id = 1")
    execute("UPDATE audit SET at = '2020-01-01 00:00:00' WHERE operation = 'backup create'")
    found = troubles(cli, 1)
    assert set(found) == {"networks-wide", "dids-outside", "backup-old"}
    assert "10.0.0.0/8" in found["networks-wide"]["found"]


@pytest.mark.engines("sqlite")
def test_a_disk_that_is_full(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    full = (10**12, 10**12 - 10**8, 10**8)
    monkeypatch.setattr("shutil.disk_usage", lambda _: full)
    assert "disk" in troubles(cli, 1)


@pytest.mark.engines("sqlite")
def test_a_proxy_that_is_away_or_behind(cli: Cli, kamailio_stand_in: KamailioStandIn) -> None:
    away = json.dumps([{"kind": "kamailio", "url": "http://127.0.0.1:9/x", "name": "sbc"}])
    found = troubles(cli, 2, proxies=away, proxy_timeout="1")
    assert "the proxy sbc does not answer" in found["proxy-away"]["found"]
    here = json.dumps([kamailio_stand_in.settings])
    found = troubles(cli, 1, proxies=here)
    assert "domain" in found["proxy-out-of-step"]["found"]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Of localhost, for five days, signed by itself."""
    file = tmp_path / "both.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 5 -subj /CN=localhost "
        f"-addext subjectAltName=DNS:localhost -keyout {file} -out {tmp_path}/cert.pem"
    )
    subprocess.run(command.split(), check=True, capture_output=True)
    with file.open("ab") as both:
        both.write((tmp_path / "cert.pem").read_bytes())
    return file


@pytest.fixture
def https(certificate: Path) -> Iterator[int]:
    """A port with TLS."""
    import socket  # noqa: PLC0415

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            try:
                context.wrap_socket(plain, server_side=True).close()
            except OSError:
                plain.close()

    Thread(target=serve, daemon=True).start()
    yield int(listener.getsockname()[1])
    listener.close()


@pytest.mark.engines("sqlite")
def test_the_certificate_of_the_public_address(
    cli: Cli, https: int, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"https://localhost:{https}"
    assert "certificate-away" in troubles(cli, 2, public_url=url)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    found = troubles(cli, 1, public_url=url)
    assert "ends in 4 days" in found["certificate-ends"]["found"]
    assert set(troubles(cli, 1, public_url="http://localhost")) == {"public-plain"}


@pytest.mark.engines("mariadb")
def test_partitions_that_end_and_columns_of_another_character_set(
    cli: Cli, execute: Execute
) -> None:
    execute(
        "ALTER TABLE acc PARTITION BY RANGE COLUMNS (time) (PARTITION p1 VALUES LESS THAN "
        "('2020-01-01'), PARTITION p_future VALUES LESS THAN (MAXVALUE))"
    )
    execute("CREATE TABLE ours (a VARCHAR(9)) CHARACTER SET latin1")
    found = troubles(cli, 1)
    assert set(found) == {"partitions-end", "charset"}
    assert "ours" in found["charset"]["found"]


@pytest.mark.engines("mariadb")
def test_rights(cli: Cli, empty_database_url: str, mariadb_server: sa.URL) -> None:
    url = sa.make_url(empty_database_url)
    login = f"r{url.database}"[-32:]
    engine = sa.create_engine(mariadb_server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as db:
        db.exec_driver_sql(f"CREATE USER {login}@'%%'")
        grant = f"ON {url.database}.* TO {login}@'%%'"
        try:
            db.exec_driver_sql(f"GRANT SELECT, INSERT, SHOW VIEW {grant}")
            theirs = url.set(username=login, password="").render_as_string(hide_password=False)
            found = troubles(cli, 2, database_url=theirs)
            assert "UPDATE ON" in found["rights-missing"]["found"]
            db.exec_driver_sql(f"GRANT UPDATE, DELETE {grant}")
            found = troubles(cli, 1, database_url=theirs)
            assert "ALTER ON" in found["rights-missing"]["found"]
        finally:
            db.exec_driver_sql(f"DROP USER {login}@'%%'")
    engine.dispose()


@pytest.mark.engines("sqlite")
def test_settings_are_shown_with_their_source_and_without_secrets(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("proxy_timeout = 7\n")
    monkeypatch.setenv("SIPPULSE_CONFIG", str(file))
    url = "mysql+pymysql://me:Seg%40redo@db.example.com/x?password=Seg%40redo"
    proxies = json.dumps([{"kind": "kamailio", "url": "http://a:Seg@redo@127.0.0.1:5060/RPC"}])
    options: dict[str, Any] = {"database_url": url, "proxies": proxies, "language": "en"}
    shown: dict[str, Any] = {
        row["variable"]: row
        for row in json.loads(cli("config", "show", "--json", **options).stdout)
    }
    assert shown["SIPPULSE_PROXY_TIMEOUT"]["source"] == str(file)
    assert shown["SIPPULSE_LANGUAGE"]["source"] == "environment"
    assert (
        shown["SIPPULSE_POOL_SIZE"] | {"value": "4", "source": "default"}
        == shown["SIPPULSE_POOL_SIZE"]
    )
    assert "me:***@db.example.com" in shown["SIPPULSE_DATABASE_URL"]["value"]
    output = cli("config", "show", **options).output
    for secret in ("Seg@redo", "Seg%40redo", "redo", KEY):
        assert secret not in output
