"""The doctor finds what is wrong, says what to do, and is quiet where all is well."""

import datetime as dt
import json
import re
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.db.schema import servers
from sippulse_ws.ops.doctor import server_checks
from sippulse_ws.ops.doctor.texts import TEXTS
from tests.fixtures.proxies import KamailioStandIn
from tests.fixtures.server import Cli

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
FINE = {"fine", "is", "not-needed"}
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
        "settings,disk,certificate,database,rights,character set,clock,packet,schema,key,views,"
        "partitions,indexes,passwords,proxies,dids,networks,backups".split(",")
    )


def test_every_sentence_stands_in_both_languages() -> None:
    for code, text in TEXTS.items():
        assert (text.to_do.pt == "") == (text.to_do.en == "") == (code in FINE)
        assert text.found.pt, code
        assert text.found.en, code


@pytest.mark.engines("sqlite")
def test_settings_that_cannot_be_used(cli: Cli) -> None:
    found = troubles(cli, 2, pool_size="0", log_format="xml")
    assert set(found) == {"settings"}
    for name in ("SIPPULSE_POOL_SIZE", "SIPPULSE_LOG_FORMAT"):
        assert name in found["settings"]["found"]
    assert "SIPPULSE_CONFIG" in found["settings"]["do"]


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
def test_a_key_without_which_nothing_starts(
    cli: Cli, execute: Execute, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where no password is sealed any more."""
    for table, columns in (("subscriber", "password, password_portal"), ("reseller", "password")):
        for column in columns.split(", "):
            execute(f"UPDATE {table} SET {column} = NULL")
    assert troubles(cli, 0) == {}
    found = troubles(cli, 2, password_key=OTHER)
    assert set(found) == {"key-missing"}
    monkeypatch.delenv("SIPPULSE_PASSWORD_KEY")
    assert set(troubles(cli, 2)) == {"key-missing", "no-key"}


@pytest.mark.parametrize(
    ("said", "needed"), [("10.5.9-MariaDB-log", "MariaDB 10.6"), ("8.0.22", "MySQL 8.0.23")]
)
@pytest.mark.engines("sqlite")
def test_a_database_server_that_is_old(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, said: str, needed: str
) -> None:
    monkeypatch.setattr(server_checks, "server_version", lambda _: servers.judge(said))
    found = troubles(cli, 2)["database-old"]
    assert said in found["found"]
    assert needed in found["found"]


@pytest.mark.engines("mariadb")
def test_clocks_that_differ(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    class Kind(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, dt.datetime)

    class Late(metaclass=Kind):
        @staticmethod
        def now(tz: dt.tzinfo) -> dt.datetime:
            return dt.datetime.now(tz) + dt.timedelta(seconds=30)

    later = SimpleNamespace(datetime=Late, UTC=dt.UTC, timedelta=dt.timedelta)
    monkeypatch.setattr(server_checks, "dt", later)
    found = troubles(cli, 1)
    assert set(found) == {"clock"}
    assert "NTP" in found["clock"]["do"]


@pytest.mark.engines("mariadb")
def test_a_database_that_takes_no_long_lists(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_checks, "LEAST_PACKET", (1 << 30) + 1)  # more than a server can have
    assert "1073741825" in troubles(cli, 1)["packet-small"]["found"]


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


@pytest.mark.engines("mariadb")
def test_views_whose_definer_is_gone(
    cli: Cli, execute: Execute, empty_database_url: str, mariadb_server: sa.URL
) -> None:
    """Ours, and those that a SIP proxy reads."""
    url = sa.make_url(empty_database_url)
    account = ("--account", f"k{url.database}"[-32:])
    cli("db", "proxy-views", "kamailio", *account, "--password-stdin", input="Segr3do-7")
    engine = sa.create_engine(mariadb_server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    gone = f"g{url.database}"[-32:]
    with engine.connect() as db:
        db.exec_driver_sql(f"CREATE USER {gone}@'%%'")
        for view in (f"{url.database}.vi_cdrs", f"{url.database}_kamailio.domain"):
            # before it is shown: MySQL leaves out the name of the schema that is in use
            db.exec_driver_sql(f"USE {view.partition('.')[0]}")
            text = db.exec_driver_sql(f"SHOW CREATE VIEW {view}").one()[1]
            text = re.sub(r"DEFINER=\S+", f"DEFINER={gone}@'%'", text, count=1)
            made = text.replace("CREATE ", "CREATE OR REPLACE ", 1).replace("%", "%%")
            db.exec_driver_sql(made)
        db.exec_driver_sql(f"DROP USER {gone}@'%%'")
    engine.dispose()
    found = troubles(cli, 2)
    # the documented queries cannot be looked at then
    assert set(found) == {"view-broken", "view-broken-elsewhere", "check-failed"}
    assert "vi_cdrs" in found["view-broken"]["found"]
    assert "_kamailio.domain" in found["view-broken-elsewhere"]["found"]
    cli("db", "repair-views")
    cli("db", "proxy-views", "kamailio", *account, "--keep-password")
    assert troubles(cli, 0) == {}
    cli("db", "proxy-views", "kamailio", *account, "--drop")


@pytest.mark.parametrize(
    ("table", "column", "query"),
    [
        ("cdr", "accountcode", "calls"),
        ("acc", "accountcode", "failures"),
        ("subscriber", "contract_number", "subscriber"),
    ],
)
def test_an_index_that_was_dropped(
    cli: Cli, empty_database_url: str, table: str, column: str, query: str
) -> None:
    engine = sa.create_engine(empty_database_url, poolclass=sa.NullPool)
    for index in sa.inspect(engine).get_indexes(table):
        if index["column_names"][0] == column:
            of_table = "" if engine.dialect.name == "sqlite" else f" ON {table}"
            with engine.begin() as db:
                db.exec_driver_sql(f"DROP INDEX {index['name']}{of_table}")
    engine.dispose()
    found = troubles(cli, 1)
    assert set(found) == {"no-index"}
    assert query in found["no-index"]["found"]
    assert "db upgrade" in found["no-index"]["do"]


def test_networks_numbers_and_backups(cli: Cli, execute: Execute) -> None:
    (subscriber,) = ["(SELECT MIN(id) FROM subscriber)"]
    execute(
        "INSERT INTO address (subscriber_id, ip_address, mask, port, protocol, method, "
        f"tech_prefix, `group`, pattern, context_info) SELECT {subscriber}, '10.0.0.0', 8, 0, "
        "'any', 'iponly', '', '', '', ''"
    )
    execute(
        "INSERT INTO address (subscriber_id, ip_address, mask, port, protocol, method, "
        f"tech_prefix, `group`, pattern, context_info) SELECT {subscriber}, '2001:db8::', 24, 0, "
        "'any', 'iponly', '', '', '', ''"
    )
    execute("UPDATE did SET inventory_domain = NULL, origin = 'administrator' WHERE id = 1")
    execute("UPDATE audit SET at = '2020-01-01 00:00:00' WHERE operation = 'backup create'")
    found = troubles(cli, 1)
    assert set(found) == {"networks-wide", "dids-outside", "backup-old"}
    assert found["networks-wide"]["found"].startswith("2 networks wider")


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
def test_months_that_were_never_partitioned(cli: Cli, execute: Execute) -> None:
    execute(
        "INSERT INTO acc (method, from_tag, to_tag, callid, sip_code, sip_reason, time) "
        "VALUES ('INVITE', 'a', 'b', 'c', '486', 'Busy', '2026-01-05')"
    )
    found = troubles(cli, 1)
    assert set(found) == {"partitions-none"}
    assert "2026-01-05" in found["partitions-none"]["found"]
    cli("db", "partition")
    assert troubles(cli, 0) == {}


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
        shown["SIPPULSE_POOL_SIZE"] | {"value": "6", "source": "default"}
        == shown["SIPPULSE_POOL_SIZE"]
    )
    assert "me:***@db.example.com" in shown["SIPPULSE_DATABASE_URL"]["value"]
    output = cli("config", "show", **options).output
    for secret in ("Seg@redo", "Seg%40redo", "redo", KEY):
        assert secret not in output
