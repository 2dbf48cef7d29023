"""What `sippulse_admit` takes, at growing numbers of rates: microseconds a call, one after another.

Beside the smallest thing that the same server does, so that machines compare.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import pymysql
import sqlalchemy as sa

from bench.table import Table
from sippulse_ws.charging.proxy_functions import create_statements
from sippulse_ws.db import Database

SIZES = (1_000, 100_000, 1_000_000)
ACCOUNTS = 1_000
WARM = 50
SCHEMA = "admission_functions"
FILL = """
INSERT INTO domain (domain) VALUES ('example.com');
INSERT INTO profile (domain, profile) VALUES ('example.com', 'DEFAULT');
INSERT INTO rate_plan (id, domain, name, rate_id, prepaid, tx_connection, cadency, markup,
    block_calls_without_rate) VALUES (1, 'example.com', 'Prepaid', 1, 1, 30, 6, 10, 1),
    (2, 'example.com', 'Postpaid', 1, 0, 30, 6, 10, 1);
INSERT INTO subscriber (username, domain, account_code, profile, ha1, ha1b, credit, rate_plan_id)
    SELECT seq, 'example.com', CONCAT(seq, '@example.com'), 'DEFAULT', '', '', 1000000,
    IF(seq % 2, 1, 2) FROM seq_1_to_{accounts};
INSERT INTO provider (id, name) VALUES (1, 'carrier');
INSERT INTO gateway (id, provider_id, name, address) VALUES (1, 1, 'gw', '192.0.2.1');
REPLACE INTO stored_setting (name, value) VALUES ('charging', 'on'), ('emergency_numbers', '^190$')
"""
# 55 and as many digits as make that many prefixes
RATES = """INSERT INTO rate (domain, rate_id, prefix, name, rate_value)
    SELECT 'example.com', 1, CONCAT('55', {low} + seq), 'x', 0.18 FROM seq_{begin}_to_{end}"""
ADMIT = f"SELECT {SCHEMA}.sippulse_admit(%s, %s, %s, 'pstn', %s, 'tag', 'bench', %s, 1, 60)"


def run(url: str, calls: int) -> None:
    """Measure on a migrated, empty database."""
    database = Database(url)
    name = sa.make_url(url).database
    with database.writing() as db:
        for statement in FILL.format(accounts=ACCOUNTS).split(";"):
            db.exec_driver_sql(statement.replace("%", "%%"))
        db.exec_driver_sql(f"CREATE DATABASE {SCHEMA}")
        for statement in create_statements(f"`{name}`", f"`{SCHEMA}`"):
            db.exec_driver_sql(statement.replace("%", "%%"))
    table = Table("rates; microseconds", "SELECT 1", "prepaid", "its 99 %", "postpaid", "its 99 %")
    there = 0
    for size in SIZES:
        with database.writing() as db:
            db.exec_driver_sql(RATES.format(low=10**7, begin=there, end=size - 1))
            db.exec_driver_sql("ANALYZE TABLE rate")
        there = size
        table.add(f"{size:,}", *_measure(url, calls, size))
    database.close()


def _measure(url: str, calls: int, rates: int) -> list[float]:
    """Medians and 99 in 100: of SELECT 1 (median), of calls of prepaid and of postpaid accounts."""
    parts = sa.make_url(url)
    connection: Any = pymysql.connect(
        host=parts.host or "127.0.0.1",
        port=parts.port or 3306,
        user=parts.username or "",
        password=parts.password or "",
        database=parts.database,
        autocommit=True,
    )
    with connection, connection.cursor() as cursor:
        found = [_times(cursor, calls, lambda _: ("SELECT 1", ()))[0]]
        for prepaid in (True, False):

            def one(n: int, prepaid: bool = prepaid) -> tuple[str, tuple[Any, ...]]:
                account = f"{1 + 2 * (n % (ACCOUNTS // 2)) + (not prepaid)}@example.com"
                number = f"55{10**7 + n * 7919 % rates}999"
                return ADMIT, (account, number, number, f"{rates}-{prepaid}-{n}", n)

            found += _times(cursor, calls, one)
        cursor.execute("DELETE FROM call_hold")
        cursor.execute("UPDATE subscriber SET held = 0")
    return found


def _times(
    cursor: Any, calls: int, statement: Callable[[int], tuple[str, tuple[Any, ...]]]
) -> list[float]:
    times = []
    for n in range(WARM + calls):
        text, values = statement(n)
        begun = time.perf_counter()
        cursor.execute(text, values)
        (answer,) = cursor.fetchone()
        times.append((time.perf_counter() - begun) * 1e6)
        assert str(answer).startswith("1"), answer
    times = sorted(times[WARM:])
    return [median(times), times[int(len(times) * 0.99)]]
