"""`sippulse-ws db proxy-views`: what a SIP proxy's account sees, and what it may do."""

import secrets
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pymysql
import pytest
import sqlalchemy as sa

from tests.fixtures.server import Cli

DOMAIN = "example.com"
PASSWORD = "of the ' proxy \\"


class ProxyAccount:
    """The database as the proxy's account sees it."""

    def __init__(self, cli: Cli, url: str, kind: str) -> None:
        self.cli = cli
        self.kind = kind
        self.account = f"p{secrets.token_hex(6)}"
        self.url = sa.make_url(url)
        self.schema = f"{self.url.database}_{kind}"

    def make(self, *options: str) -> None:
        arguments = ("--account", self.account, "--password-stdin", *options)
        self.cli("db", "proxy-views", self.kind, *arguments, input=PASSWORD)

    def drop(self) -> None:
        self.cli("db", "proxy-views", self.kind, "--account", self.account, "--drop")

    def __call__(self, statement: str) -> list[tuple[object, ...]]:
        return run(self.url.set(username=self.account, password=PASSWORD), self.schema, statement)

    def as_operator(self, statement: str) -> list[tuple[object, ...]]:
        return run(self.url, str(self.url.database), statement)


def run(url: sa.URL, database: str, statement: str) -> list[tuple[object, ...]]:
    engine = sa.create_engine(
        url.set(database=database), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
    )
    with engine.connect() as db:
        result = db.execute(sa.text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []


@pytest.fixture(params=["kamailio", "opensips"])
def proxy(request: pytest.FixtureRequest, cli: Cli, installed_url: str) -> Iterator[ProxyAccount]:
    made = ProxyAccount(cli, installed_url, request.param)
    made.make()
    yield made
    made.drop()


@pytest.mark.engines("mariadb")
def test_making_the_views_again_changes_nothing(proxy: ProxyAccount) -> None:
    before = proxy("SELECT * FROM version ORDER BY table_name")
    proxy.make()
    assert proxy("SELECT * FROM version ORDER BY table_name") == before
    assert ("subscriber", {"kamailio": 7, "opensips": 8}[proxy.kind]) in before


@pytest.mark.engines("mariadb")
def test_the_password_stays_when_that_is_wanted(proxy: ProxyAccount) -> None:
    arguments = ("--account", proxy.account, "--keep-password")
    proxy.cli("db", "proxy-views", proxy.kind, *arguments)
    assert proxy("SELECT domain FROM domain") == [(DOMAIN,)]


@pytest.mark.engines("mariadb")
def test_dropping_leaves_nothing_and_what_others_made(proxy: ProxyAccount) -> None:
    schemas = f"SHOW DATABASES LIKE '{proxy.schema}'"
    accounts = f"SELECT User FROM mysql.user WHERE User = '{proxy.account}'"
    proxy.as_operator(f"CREATE TABLE {proxy.schema}.of_somebody (id INT)")
    proxy.drop()
    assert proxy.as_operator(f"SHOW TABLES IN {proxy.schema}") == [("of_somebody",)]
    proxy.make()
    proxy.as_operator(f"DROP TABLE {proxy.schema}.of_somebody")
    proxy.drop()
    assert (proxy.as_operator(schemas), proxy.as_operator(accounts)) == ([], [])


@pytest.mark.engines("mariadb")
def test_the_account_reads_its_schema_and_writes_registrations_and_acc(
    proxy: ProxyAccount,
) -> None:
    expires = {"kamailio": "'2030-01-01 10:00:00'", "opensips": "1893492000"}[proxy.kind]
    ruid = {"kamailio": "ruid, ", "opensips": ""}[proxy.kind]
    value = {"kamailio": "'r1', ", "opensips": ""}[proxy.kind]
    listed = "SELECT contact, expires FROM location ORDER BY id"
    proxy(
        f"INSERT INTO location ({ruid}username, domain, contact, expires) "
        f"VALUES ({value}'1000', '{DOMAIN}', 'sip:a@192.0.2.1', {expires})"
    )
    rows = proxy.as_operator(listed)
    assert [(contact, str(moment)) for contact, moment in rows] == [
        ("sip:a@192.0.2.1", "2030-01-01 10:00:00")
    ]
    proxy("UPDATE location SET contact = 'sip:b@192.0.2.1'")
    assert [contact for contact, _ in proxy.as_operator(listed)] == ["sip:b@192.0.2.1"]
    proxy("DELETE FROM location")
    assert proxy.as_operator(listed) == []
    proxy("INSERT INTO acc (method, time, callid) VALUES ('INVITE', '2030-01-01', 'x')")
    assert proxy.as_operator("SELECT callid, method FROM acc") == [("x", "INVITE")]
    proxy.as_operator("DELETE FROM acc")


@pytest.mark.engines("mariadb")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE subscriber SET ha1 = 'x'",
        "DELETE FROM sippulse_subscriber",
        "INSERT INTO domain (domain) VALUES ('x')",
        "UPDATE version SET table_version = 1",
        "SELECT * FROM acc",
        "SELECT * FROM {base}.subscriber",
        "SELECT * FROM {base}.administrator",
        "CREATE TABLE x (id INT)",
        "SELECT * FROM mysql.user",
    ],
)
def test_the_account_may_do_nothing_else(proxy: ProxyAccount, statement: str) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="denied"):
        proxy(statement.format(base=proxy.url.database))


@pytest.mark.engines("mariadb")
def test_no_view_shows_a_password_or_what_it_needs_not(proxy: ProxyAccount) -> None:
    columns = proxy.as_operator(
        f"SELECT column_name FROM information_schema.columns WHERE table_schema = '{proxy.schema}'"
    )
    names = {str(name) for (name,) in columns}
    assert {"ha1", "username"} <= names
    assert not names & {"password", "password_portal", "credit", "document", "email_address"}


@pytest.mark.engines("sqlite")
def test_sqlite_has_no_views_for_proxies(cli: Cli) -> None:
    told = cli("db", "proxy-views", "kamailio", "--password-stdin", status=1, input="x").output
    assert told == "proxy-views: SIP proxies read MariaDB or MySQL, not SQLite\n"


UNFIT = {
    "rpid": ["x@h>\r\nX-Evil: 1", "1000@victim.example.com", "1%0d", "1 2", "joão"],
    "call_fwd": ["sip:x@h>\r\nX", "1%0A", "<sip:x@h>", "48 3025", '"x"'],
    "no_answer": ["\x01", "1\n"],
    "call_group": ["1\r\n", "<1>", '"', "\\"],
}
FIT = {
    "rpid": ["4830258080", "+55", "%23100", ""],
    "call_fwd": ["1001", "sip:1001:x@[2001:db8::1]:5060;lr", "1001@example.com"],
    "no_answer": ["*10"],
    "call_group": ["1,2-5", "equipe norte"],
}


@pytest.mark.engines("mariadb")
@pytest.mark.parametrize("kind", ["subscriber", "did"])
def test_an_unfit_field_is_null_and_the_row_stays(proxy: ProxyAccount, kind: str) -> None:
    proxy.as_operator("DELETE FROM did")
    proxy.as_operator(
        "REPLACE INTO subscriber (id, username, domain, account_code, profile, ha1, ha1b) "
        f"VALUES (7, '4711', '{DOMAIN}', '4711@{DOMAIN}', 'DEFAULT', 'x', 'x')"
    )
    if kind == "did":
        for header, shown in (("X-Did", "X-Did"), ("X\r\nY", None), ("fRom", None), ("X Y", None)):
            proxy.as_operator("DELETE FROM did")
            proxy.as_operator(
                "INSERT INTO did (alias_username, subscriber_id, username, domain, did_header) "
                f"VALUES ('4711', 7, '4711', '{DOMAIN}', '{header}')"
            )
            rows = proxy("SELECT number, did_header, everywhere, owner_domain FROM sippulse_did")
            assert rows == [("4711", shown, 0, DOMAIN)]
        proxy.as_operator("DELETE FROM did")
        return
    for values, fit in ((UNFIT, False), (FIT, True)):
        for field, texts in values.items():
            for text in texts:
                escaped = text.replace("\\", "\\\\").replace(":", r"\:")
                proxy.as_operator(f"UPDATE subscriber SET {field} = '{escaped}' WHERE id = 7")
                rows = proxy(
                    f"SELECT username, {field} FROM sippulse_subscriber WHERE username = '4711'"
                )
                assert rows == [("4711", text if fit else None)]


STOCK = "subscriber dbaliases domain address dialplan location version".split()
LONG, LONGLONG = 3, 8


@pytest.mark.engines("mariadb")
def test_numbers_are_sent_as_the_types_that_proxies_read(proxy: ProxyAccount) -> None:
    """Kamailio refuses an address whose group is no INT; MySQL sends calculations as BIGINT."""
    sent: dict[tuple[str, str], Any] = {}
    connection = pymysql.connect(
        host=proxy.url.host,
        port=proxy.url.port or 3306,
        user=proxy.account,
        password=PASSWORD,
        database=proxy.schema,
    )
    with closing(connection), connection.cursor() as cursor:
        for table in STOCK:
            cursor.execute(f"SELECT * FROM {table} LIMIT 0")
            sent |= {(table, column[0]): column[1] for column in cursor.description}
    assert {name for name, kind in sent.items() if kind == LONGLONG} <= {("location", "contact_id")}
    wanted = {("address", "grp"), ("address", "mask"), ("address", "port"), ("dialplan", "dpid")}
    wanted |= {("dialplan", "pr"), ("dialplan", "match_op"), ("version", "table_version")}
    if proxy.kind == "kamailio":
        wanted |= {("dialplan", "match_len"), ("subscriber", "id"), ("domain", "id")}
    else:
        wanted |= {("dialplan", "match_flags"), ("dialplan", "disabled")}
    assert {name: sent[name] for name in wanted} == dict.fromkeys(wanted, LONG)
