"""The benchmark's own MariaDB: durable as in production, and filled."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import pymysql
import pymysql.cursors

from tests.mariadb import PrivateMariaDB

DOMAIN = "bench.example.com"
LOGIN = "bench"
PASSWORD = "pa55-do-integrador"
NAME = "sippulse_bench"
# What an operator would run: every commit is on disk before it is answered, pages are written
# twice; the working set fits in memory. No binary log, as there is no replica.
OPTIONS = (
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--character-set-server=utf8mb4",
    "--max-connections=500",
    "--innodb-buffer-pool-size=2G",
    "--innodb-log-file-size=512M",
    "--innodb-flush-log-at-trx-commit=1",
    "--innodb-flush-method=O_DIRECT",
    "--innodb-doublewrite=1",
    "--transaction-isolation=READ-COMMITTED",  # as ours sets for itself; for the peers
    "--default-time-zone=+00:00",
)
DURABILITY = "innodb_flush_log_at_trx_commit=1, doublewrite, O_DIRECT, no binary log"

FIRST_NUMBER = 554800000000  # usernames are this plus 1, 2, 3 …
DIDS_EACH = 3
DIDS_EVERY = 10  # one subscriber of ten has DIDs
RATES = 1000
RATE_ID = 1

RATE_PLAN = (
    "INSERT INTO rate_plan (domain, name, rate_id, prepaid, limit_to_credit_expires)"
    f" VALUES ('{DOMAIN}', 'PRÉ-BRONZE', {RATE_ID}, 1, 30)"
)
RESELLER = f"INSERT INTO reseller (domain, name, username) VALUES ('{DOMAIN}', 'ACME', 'acme')"
NUMBERING = (
    "INSERT INTO numbering (prefix, city_code, local_area)"
    " SELECT CONCAT('5548', seq), CONCAT('CNL', seq), CONCAT('AL', seq) FROM seq_10_to_99"
)
RATE_TABLE = (
    "INSERT INTO rate (domain, rate_id, prefix, name, rate_value, service_type, cadency,"
    " tx_connection, tx_delay, tx_discard)"
    f" SELECT '{DOMAIN}', {RATE_ID}, CONCAT('55', 10000 + seq), CONCAT('LOCALIDADE ', seq),"
    f" 0.01 * seq, 'FIXO', 6, 30, 3, 3 FROM seq_1_to_{RATES}"
)
SUBSCRIBER_COLUMNS = (
    "account_code, username, domain, profile, password, ha1, ha1b, contract_number, document,"
    " first_name, last_name, address, number, complement, quarter, city, state, zip, phone, mobile,"
    " email_address, rate_plan_id, reseller_id, credit, low_credit_limit, call_limit, rings, rpid,"
    " country_code, area_code, city_code, local_area, call_fwd"
)
SUBSCRIBERS = f"""
INSERT INTO subscriber ({SUBSCRIBER_COLUMNS})
SELECT CONCAT(n, '@{DOMAIN}'), n, '{DOMAIN}', 'DEFAULT', CONCAT('plain:s', n),
  MD5(CONCAT(n, ':{DOMAIN}:s', n)), MD5(CONCAT(n, '@{DOMAIN}:{DOMAIN}:s', n)),
  CONCAT('C', n), LPAD(seq, 11, '0'), CONCAT('João ', seq), 'da Conceição', 'Rua das Palmeiras',
  seq % 2000, 'apto 12', 'Centro', 'Florianópolis', 'SC', '88010-000', n, n + 90000000000,
  CONCAT('u', seq, '@{DOMAIN}'), (SELECT MIN(id) FROM rate_plan), (SELECT MIN(id) FROM reseller),
  50, 5.5, 2, 30, n, 55, 48, 'CNL48', 'AL48', CONCAT('sip:', n, '@gw.{DOMAIN}')
FROM (SELECT seq, seq + {FIRST_NUMBER} AS n FROM seq_{{first}}_to_{{last}}) AS numbers"""
DIDS = f"""
INSERT INTO did (alias_username, inventory_domain, subscriber_id, username, domain, gwid)
SELECT CONCAT(s.username, nth.seq), '{DOMAIN}', s.id, s.username, '{DOMAIN}', 'gw1'
FROM subscriber s JOIN seq_1_to_{DIDS_EACH} AS nth WHERE s.username % {DIDS_EVERY} = 0"""
# Subscribers made to be removed.
VICTIMS = f"""
INSERT INTO subscriber (username, account_code, domain, profile, password, ha1, ha1b, first_name)
SELECT CONCAT('gone', seq), CONCAT('gone', seq, '@{DOMAIN}'), '{DOMAIN}', 'DEFAULT',
  'plain:x', REPEAT('0', 32), REPEAT('0', 32), 'gone'
FROM seq_{{first}}_to_{{last}}"""
CHUNK = 500_000  # rows of one transaction

# Everything that is a round trip with SQL in it; what pools do on the side is not in here.
COUNTERS = ("Questions", "Com_select", "Com_insert", "Com_update", "Com_delete", "Com_commit",
            "Com_rollback", "Com_begin", "Com_set_option")  # fmt: skip


class BenchDatabase:
    """A running server with the schema and data of a platform."""

    def __init__(
        self,
        server: PrivateMariaDB,
        subscribers: int,
        name: str = NAME,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._environment = dict(environment)  # of the commands that install it
        self.port = server.port
        self.name = name
        self.subscribers = subscribers
        self.pid = int((server.folder / "pid").read_text())
        admin = pymysql.connect(host="127.0.0.1", port=self.port, user="root", autocommit=True)
        with admin.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name}")
            cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        admin.close()
        self._provision()
        self._connection = pymysql.connect(
            host="127.0.0.1",
            port=self.port,
            user="root",
            database=name,
            autocommit=True,
            charset="utf8mb4",
            cursorclass=pymysql.cursors.DictCursor,
        )
        self._fill()

    def url(self, driver: str = "pymysql") -> str:
        return f"mysql+{driver}://root@127.0.0.1:{self.port}/{self.name}"

    def execute(self, statement: str, *parameters: Any) -> int:
        """How many rows were touched."""
        with self._connection.cursor() as cursor:
            return int(cursor.execute(statement, parameters or None))

    def rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        with self._connection.cursor() as cursor:
            cursor.execute(query, parameters or None)
            return list(cursor.fetchall())

    def row(self, query: str, *parameters: Any) -> dict[str, Any]:
        """The one row there must be."""
        (row,) = self.rows(query, *parameters)
        return row

    def add_victims(self, first: int, count: int) -> None:
        """Subscribers to be removed, named `gone` and a number."""
        self.execute(VICTIMS.format(first=first, last=first + count - 1))

    def delay_login(self, login: str) -> None:
        """As after many wrong passwords: refused for an hour."""
        self.execute(
            "REPLACE login_failure (realm, login, address, failures, blocked_until) VALUES"
            " ('administrator', %s, '127.0.0.1', 20, UTC_TIMESTAMP() + INTERVAL 1 HOUR)",
            login,
        )

    def counters(self) -> dict[str, int]:
        names = ", ".join(f"'{name}'" for name in COUNTERS)
        rows = self.rows(f"SHOW GLOBAL STATUS WHERE Variable_name IN ({names})")
        return {row["Variable_name"]: int(row["Value"]) for row in rows}

    def version(self) -> str:
        return str(self.row("SELECT VERSION() AS version")["version"])

    def _provision(self) -> None:
        """Schema, domain and administrator, made as an operator makes them."""
        program = [sys.executable, "-m", "sippulse_ws"]
        environment = os.environ | self._environment | {"SIPPULSE_DATABASE_URL": self.url()}

        def command(*arguments: str, text: str = "") -> None:
            subprocess.run(
                [*program, *arguments],
                env=environment,
                input=text,
                text=True,
                check=True,
                stdout=subprocess.DEVNULL,
            )

        command("db", "upgrade")
        command("domain", "create", DOMAIN)
        command("profile", "create", DOMAIN, "DEFAULT")
        command("admin", "create", LOGIN, "--password-stdin", "--domain", DOMAIN, text=PASSWORD)

    def _fill(self) -> None:
        self.execute("SET unique_checks = 0, foreign_key_checks = 0")
        for statement in (RATE_PLAN, RESELLER, NUMBERING, RATE_TABLE):
            self.execute(statement)
        for first in range(1, self.subscribers + 1, CHUNK):
            last = min(first + CHUNK - 1, self.subscribers)
            self.execute(SUBSCRIBERS.format(first=first, last=last))
        self.execute(DIDS)
        self.execute("SET unique_checks = 1, foreign_key_checks = 1")
        tables = "subscriber, did, rate, administrator, administrator_domain"
        self.execute(f"ANALYZE TABLE {tables}")


def username(number: int) -> str:
    """Of the first, second … subscriber."""
    return str(FIRST_NUMBER + number)


@contextmanager
def private_server(*options: str) -> Iterator[PrivateMariaDB]:
    server = PrivateMariaDB([*OPTIONS, *options])
    try:
        yield server
    finally:
        server.stop()


def difference(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """What was counted in between, the query of the counters itself left out."""
    changes = {name: after[name] - before[name] for name in after}
    changes["Questions"] -= 1
    return changes
