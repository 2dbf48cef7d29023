"""Integrators' accounts: the documented queries work, and nothing else does."""

import secrets
from collections.abc import Iterator
from typing import Any

import pymysql
import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database
from tests.contract.sql_views import DOCUMENTED
from tests.factories.calls import call, csv_text, failed_call
from tests.factories.platform import DOMAIN, Platform
from tests.fixtures.server import Cli

OTHER = "other.example.com"
PASSWORD = "p4ss'w\"ord%s"
CONTRACTS = (
    "SELECT s.account_code, s.credit FROM subscriber s "
    "WHERE s.contract_number = %s AND s.active_outgoing_calls = 1 ORDER BY s.credit DESC"
)
FIRST_NAMES = (
    "SELECT s.account_code FROM subscriber s WHERE SUBSTRING_INDEX(s.first_name, ' - ', 1) = %s"
)
CALLS = (
    "SELECT * FROM vi_cdrs WHERE accountcode = %s AND service = %s "
    "AND call_start_time BETWEEN %s AND %s"
)
FOREIGN = [
    "SELECT * FROM {main}.cdr",
    "SELECT * FROM {main}.subscriber",
    "SELECT password FROM {main}.subscriber",
    "SELECT ha1 FROM {main}.subscriber",
    "SELECT * FROM {main}.administrator",
    "SELECT * FROM {main}.cdr_rate_plan",
    "INSERT INTO {schema}.acc (callid) VALUES ('x')",
    "UPDATE {schema}.subscriber SET credit = 1000000",
    "DELETE FROM {schema}.vi_cdrs",
    "DROP VIEW {schema}.vi_cdrs",
    "CREATE TABLE {schema}.mine (a INT)",
    "SHOW CREATE VIEW {main}.vi_cdrs",
    "SELECT * FROM mysql.user",
]

pytestmark = pytest.mark.engines("mariadb")


class Integrator:
    """Queries as an account of the database server, in the schema that it was given."""

    def __init__(self, url: sa.URL, login: str, schema: str) -> None:
        self._connection = pymysql.connect(
            host=url.host or "",
            port=url.port or 3306,
            user=login,
            password=PASSWORD,
            database=schema,
        )
        self.schema = schema
        self.login = login

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(query, values or None)
            return list(cursor.fetchall())

    def columns(self, table: str) -> list[str]:
        with self._connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table}")
            return [column[0] for column in cursor.description]

    def close(self) -> None:
        self._connection.close()


@pytest.fixture(scope="module")
def filled(installed_url: str) -> str:
    """Two domains with subscribers and calls."""
    database = Database(installed_url)
    with database.writing() as db:
        platform = Platform.__new__(Platform)
        platform.db = db
        platform.domain(OTHER)
        for number, (username, domain) in enumerate(
            [("600002", DOMAIN), ("600003", DOMAIN), ("600002", OTHER)]
        ):
            platform.subscriber(
                username, domain, contract_number="C-1", first_name=f"Loja - filial {number}"
            )
        db.exec_driver_sql("UPDATE subscriber SET credit = id * 10.5")
    database.close()
    return installed_url


@pytest.fixture
def calls(filled: str, cli: Cli) -> None:
    theirs = {"caller_domain": OTHER, "accountcode": f"600002@{OTHER}"}
    cli("import", "cdrs", "-", input=csv_text([call(1), call(2, **theirs)]))
    cli("import", "acc", "-", input=csv_text([failed_call(1), failed_call(2, **theirs)]))


@pytest.fixture(params=[(), (DOMAIN,)], ids=["all", "limited"])
def integrator(
    filled: str, calls: None, cli: Cli, request: pytest.FixtureRequest
) -> Iterator[Integrator]:
    with_account = account(filled, cli, *request.param)
    yield from with_account


def account(url: str, cli: Cli, *domains: str) -> Iterator[Integrator]:
    login = f"acme_{secrets.token_hex(4)}"
    options = [one for domain in domains for one in ("--domain", domain)]
    created = cli("db", "integrator", "create", login, "--password-stdin", *options, input=PASSWORD)
    assert PASSWORD not in created.output
    one = Integrator(sa.make_url(url), login, created.stdout.split()[-1])
    yield one
    one.close()
    cli("db", "integrator", "drop", login)


@pytest.fixture
def main(filled: str) -> str:
    return str(sa.make_url(filled).database)


def test_the_documents_query_of_calls_runs_unchanged(integrator: Integrator) -> None:
    period = ("2026-03-01 00:00:00", "2026-03-31 23:59:59")
    (row,) = integrator.rows(CALLS, f"600002@{DOMAIN}", "pstn", *period)
    names = integrator.columns("vi_cdrs")
    assert dict(zip(names, row, strict=True))["sip_call_id"] == "call-1@198.51.100.7"
    assert integrator.rows(CALLS, f"600002@{DOMAIN}", "net", *period) == []


def test_the_queries_of_subscribers_run_unchanged(integrator: Integrator, main: str) -> None:
    foreign = [f"600002@{OTHER}"] if integrator.schema == main else []
    expected = [*foreign, f"600003@{DOMAIN}", f"600002@{DOMAIN}"]
    assert [account for account, _ in integrator.rows(CONTRACTS, "C-1")] == expected
    assert sorted(integrator.rows(FIRST_NAMES, "Loja")) == sorted((one,) for one in expected)


def test_columns_are_the_documents_in_its_order(integrator: Integrator) -> None:
    assert integrator.columns("vi_cdrs") == list(DOCUMENTED["vi_cdrs"])
    assert integrator.columns("acc") == list(DOCUMENTED["acc"])


@pytest.mark.parametrize("statement", FOREIGN)
def test_an_account_can_do_nothing_else(integrator: Integrator, main: str, statement: str) -> None:
    with pytest.raises(pymysql.MySQLError, match="denied"):
        integrator.rows(statement.format(main=main, schema=integrator.schema))


def test_a_limited_account_sees_no_other_domain(
    filled: str, calls: None, cli: Cli, main: str
) -> None:
    for integrator in account(filled, cli, DOMAIN):
        assert integrator.schema != main
        assert integrator.rows("SELECT DISTINCT caller_domain FROM vi_cdrs") == [(DOMAIN,)]
        assert integrator.rows("SELECT DISTINCT caller_domain FROM acc") == [(DOMAIN,)]
        assert len(integrator.rows("SELECT id FROM subscriber")) == 2
        for table in ("vi_cdrs", "acc", "subscriber"):
            with pytest.raises(pymysql.MySQLError, match="denied"):
                integrator.rows(f"SELECT id FROM {main}.{table}")


def test_drop_takes_account_and_schema_away(filled: str, cli: Cli) -> None:
    for integrator in account(filled, cli, DOMAIN):
        (row,) = cli.rows("db", "integrator", "list")
        assert row["schema"] == integrator.schema
        assert row["domains"] == DOMAIN
    assert cli.rows("db", "integrator", "list") == []
    dropped, created = cli.rows("audit", "--limit", "2")
    assert (created["operation"], dropped["operation"]) == (
        "db integrator create",
        "db integrator drop",
    )
    assert f"domains={DOMAIN}" in created["object"]
    assert PASSWORD not in str(cli.rows("audit"))
    database = Database(filled)
    with database.reading() as db:
        schemas = db.exec_driver_sql("SHOW DATABASES").scalars().all()
        accounts = db.exec_driver_sql("SELECT user FROM mysql.user").scalars().all()
    database.close()
    assert integrator.schema not in schemas
    assert integrator.login not in accounts  # others belong to other test processes


@pytest.mark.parametrize(
    ("arguments", "password", "named"),
    [
        (["acme", "--domain", "unknown.example"], PASSWORD, "unknown.example"),
        (["acme"], "", "password"),
        (["ac me"], PASSWORD, "login"),
        (["x" * 33], PASSWORD, "login"),
        (["root", "--host", "localhost"], PASSWORD, "root"),
    ],
)
def test_what_cannot_be_made_changes_nothing(
    filled: str, cli: Cli, arguments: list[str], password: str, named: str
) -> None:
    refused = cli(
        "db", "integrator", "create", *arguments, "--password-stdin", input=password, status=1
    )
    assert named in refused.stderr
    assert cli.rows("db", "integrator", "list") == []


def test_a_schema_that_is_there_already_is_left_alone(filled: str, cli: Cli, main: str) -> None:
    database = Database(filled)
    with database.reading() as db:
        db.exec_driver_sql(f"CREATE SCHEMA {main}_taken")
        try:
            cli(
                *("db", "integrator", "create", "taken", "--password-stdin"),
                *("--domain", DOMAIN),
                input=PASSWORD,
                status=1,
            )
            users = db.exec_driver_sql("SELECT user FROM mysql.user WHERE user = 'taken'")
            assert users.all() == []
            assert f"{main}_taken" in db.exec_driver_sql("SHOW DATABASES").scalars().all()
        finally:
            db.exec_driver_sql(f"DROP SCHEMA IF EXISTS {main}_taken")
    database.close()


@pytest.mark.engines("sqlite")
def test_sqlite_has_no_accounts(cli: Cli) -> None:
    refused = cli("db", "integrator", "create", "acme", "--password-stdin", input="x", status=1)
    assert "MariaDB" in refused.stderr
