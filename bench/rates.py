"""insertRates of 20,000 rates in one request, as a ratio to a bare executemany.

`python -m bench.rates` starts a MariaDB of its own, or takes SIPPULSE_TEST_MYSQL_URL's server.
The request goes through the whole application: XML, principal, right, checks, rows, audit. The
bare run hands the same rows to the driver and commits. They take turns, medians are compared.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa
from werkzeug.test import Client

from sippulse_ws.app import create_app
from sippulse_ws.config import Settings
from sippulse_ws.db import Database
from sippulse_ws.db.schema.migrate import upgrade
from tests.factories.platform import DOMAIN, Platform
from tests.mariadb import PrivateMariaDB
from tests.soap import ENVELOPE, principal_xml

ROWS = 20_000
ROUNDS = 7
TARGET = 2.0
MEMORY_MB = 300
INSERT = (
    "INSERT INTO rate (domain, name, prefix, rate_id, rate_value, service_type)"
    " VALUES (%s, %s, %s, %s, %s, %s)"
)
RATE = (
    "<rate><domain>{}</domain><name>{}</name><prefix>{}</prefix><rateId>{}</rateId>"
    "<rateValue>{}</rateValue><serviceType>{}</serviceType></rate>"
)

Row = tuple[str, str, str, int, Decimal, str]


def rows() -> list[Row]:
    return [
        (DOMAIN, f"DESTINO {n:05d} MÓVEL", f"55{n:07d}", 1, Decimal(n % 997) / 1000, "LDN")
        for n in range(1, ROWS + 1)
    ]


def envelope(rates: list[Row], principal: dict[str, str]) -> bytes:
    body = "".join(RATE.format(*row) for row in rates) + principal_xml(principal)
    return ENVELOPE.format(operation="insertRates", body=body).encode()


def timed(database: Database, run: Callable[[], None]) -> float:
    """Seconds of a run into an empty table."""
    started = time.perf_counter()
    run()
    seconds = time.perf_counter() - started
    with database.writing() as db:
        stored = db.exec_driver_sql("SELECT COUNT(*) FROM rate").scalar()
        assert stored == ROWS, stored
        db.exec_driver_sql("DELETE FROM rate")
    return seconds


def compare(url: sa.URL) -> int:
    database = Database(url)
    upgrade(database)
    with database.writing() as db:
        principal = Platform(db).principal
    client = Client(create_app(Settings(language="en"), database))
    rates = rows()
    body = envelope(rates, principal)

    def request() -> None:
        answer = client.post("/SipPulse/RateWS", data=body, content_type="text/xml; charset=utf-8")
        assert answer.status_code == 200, answer.data

    def bare() -> None:
        with database.writing() as db:
            connection: Any = db.connection
            connection.cursor().executemany(INSERT, rates)

    seconds: dict[Callable[[], None], list[float]] = {bare: [], request: []}
    for run in seconds:  # what is made at the first call
        timed(database, run)
    for _ in range(ROUNDS):
        for run, samples in seconds.items():
            samples.append(timed(database, run))
    database.close()
    whole, driver = median(seconds[request]), median(seconds[bare])
    ratio, memory = whole / driver, peak_mb()
    print(
        f"insertRates of {ROWS} rates: {whole:.3f} s, bare executemany {driver:.3f} s, "
        f"ratio {ratio:.2f} (at most {TARGET}), peak memory {memory:.0f} MB (at most {MEMORY_MB})"
    )
    return int(ratio > TARGET or memory > MEMORY_MB)


def peak_mb() -> float:
    """Of this process; getrusage's would begin with that of the process which started it."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> int:
    server = None
    given = os.environ.get("SIPPULSE_TEST_MYSQL_URL")
    if not given:
        server = PrivateMariaDB()
        given = server.url
    try:
        name = f"sippulse_bench_{secrets.token_hex(4)}"
        admin = sa.create_engine(given, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with admin.connect() as db:
            db.exec_driver_sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        try:
            return compare(sa.make_url(given).set(database=name))
        finally:
            with admin.connect() as db:
                db.exec_driver_sql(f"DROP DATABASE {name}")
    finally:
        if server:
            server.stop()


if __name__ == "__main__":
    sys.exit(main())
