"""Imports as ratios to a bare executemany of the same rows: `python -m bench.files [--rows N]`.

On a MariaDB of its own, with PyMySQL: the real Brazilian prefixes as rates and as numbering
(83,188, or as many generated ones), subscribers, and a million generated rates. The bare run hands
tuples that are there already to the driver, a thousand a transaction. They take turns, the least
times are compared: other load only adds.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.rates import peak_mb
from bench.writes_beside import writes_beside
from sippulse_ws.db import Database
from sippulse_ws.db.schema.migrate import upgrade
from sippulse_ws.domain.vault import Vault
from sippulse_ws.files.engine import Import, ImportOptions
from sippulse_ws.files.kind import Kind
from sippulse_ws.files.kinds.numbering import NumberingPrefixes
from sippulse_ws.files.kinds.rates import Rates
from sippulse_ws.files.kinds.subscribers import Subscribers
from sippulse_ws.files.streams import Bytes
from tests.mariadb import PrivateMariaDB

DOMAIN = "example.com"
PREFIXES = 83_188
BATCH = 1000
ROUNDS = 3
REAL = os.environ.get("SIPPULSE_BENCH_PREFIXES")  # prefix,name,city,area; .gz too
TARGETS = {"rates": 2.0, "numbering": 2.0, "subscribers": 3.0, "a million rates": 2.0}
MEMORY_MB = 300

Rows = Sequence[tuple[Any, ...]]


class Silent:
    """Nobody looks on."""

    stops = False

    def begins(self, form: Any, header: str | None) -> None: ...

    def refused(self, line: int, raw: str, error: Any) -> None:
        raise AssertionError(f"line {line}: {error.message('en')}")

    def remarked(self, line: int, remark: Any) -> None: ...

    def stores(self, is_running: Callable[[], bool]) -> None: ...

    def goes_on(self, counts: Any) -> None: ...


def prefixes(count: int) -> list[tuple[str, str, str, str]]:
    """(prefix, name, city, area) of real ones, when there are any, or made up."""
    if REAL:
        opened = gzip.open if REAL.endswith(".gz") else open
        with opened(REAL, "rt", encoding="utf-8", newline="") as lines:
            rows = csv.reader(lines)
            next(rows)
            return [(row[0], row[1], row[2], row[3]) for row in islice(rows, count)]
    return [
        (f"55{n:08d}", f"CIDADE {n:06d} UF OPERADORA FIXO", f"CIDADE {n % 5000}", f"{11 + n % 88}")
        for n in range(count)
    ]


def write(path: Path, names: str, rows: Iterator[tuple[Any, ...]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names.split())
        writer.writerows(rows)


class Case:
    """A file of one kind, and the bare run of the same rows."""

    def __init__(self, name: str, kind: Callable[[], Kind], table: str, columns: str) -> None:
        self.name = name
        self.kind = kind
        self.table = table
        self.columns = columns.split()

    def bare(self, database: Database, rows: Rows) -> None:
        marks = ", ".join(["%s"] * len(self.columns))
        statement = f"INSERT INTO {self.table} ({', '.join(self.columns)}) VALUES ({marks})"
        for start in range(0, len(rows), BATCH):
            with database.writing() as db:
                connection: Any = db.connection.connection.dbapi_connection
                cursor: Any = connection.cursor()
                cursor.executemany(statement, rows[start : start + BATCH])

    def imported(self, database: Database, path: Path) -> None:
        run = Import(database, self.kind(), Bytes(path), ImportOptions(), Silent())
        run.run()
        run.close()


def compare(database: Database, case: Case, path: Path, rows: Rows, rounds: int) -> float:
    runs: dict[str, Callable[[], None]] = {
        "bare": lambda: case.bare(database, rows),
        "import": lambda: case.imported(database, path),
    }
    least = dict.fromkeys(runs, float("inf"))
    for _ in range(rounds):
        for name, run in runs.items():
            started = time.perf_counter()
            run()
            least[name] = min(least[name], time.perf_counter() - started)
            _emptied(database, case.table, len(rows))
    ratio = least["import"] / least["bare"]
    target = TARGETS[case.name]
    print(
        f"{case.name}: {len(rows)} rows in {least['import']:.1f} s, "
        f"bare {least['bare']:.1f} s, ratio {ratio:.2f} (at most {target})",
        flush=True,
    )
    return ratio


def _emptied(database: Database, table: str, expected: int) -> None:
    with database.maintaining() as db:
        count = db.exec_driver_sql(f"SELECT COUNT(*) FROM {table}").scalar()
        assert count == expected, (table, count)
        db.exec_driver_sql("SET foreign_key_checks = 0")
        db.exec_driver_sql(f"TRUNCATE TABLE {table}")
        for beside in ("event", "sip_name"):
            db.exec_driver_sql(f"TRUNCATE TABLE {beside}")


def measure(url: str, folder: Path, million: int, subscribers: int) -> bool:
    database = Database(url)
    upgrade(database)
    with database.writing() as db:
        db.exec_driver_sql(f"INSERT INTO domain (domain) VALUES ('{DOMAIN}')")
        db.exec_driver_sql(f"INSERT INTO profile (domain, profile) VALUES ('{DOMAIN}', 'DEFAULT')")
    found = prefixes(PREFIXES)
    rate_columns = "domain rate_id prefix name rate_value"
    ok = True

    rates = Case("rates", Rates, "rate", rate_columns)
    rows: list[tuple[Any, ...]] = [(DOMAIN, 1, one[0], one[1], "0.08") for one in found]
    write(folder / "rates.csv", rate_columns, iter(rows))
    ok &= compare(database, rates, folder / "rates.csv", rows, ROUNDS) <= TARGETS["rates"]

    columns = "prefix city_code local_area"
    numbering = Case("numbering", NumberingPrefixes, "numbering", columns)
    rows = [(one[0], one[2], one[3]) for one in found]
    write(folder / "numbering.csv", columns, iter(rows))
    ratio = compare(database, numbering, folder / "numbering.csv", rows, ROUNDS)
    ok &= ratio <= TARGETS["numbering"]

    ok &= _subscribers(database, folder, subscribers)

    before = peak_mb()
    rows = [(DOMAIN, 2, f"55{n:07d}", f"DESTINO {n:07d}", "0.08") for n in range(million)]
    write(folder / "million.csv", rate_columns, iter(rows))
    many = Case("a million rates", Rates, "rate", rate_columns)
    ok &= compare(database, many, folder / "million.csv", rows, 1) <= TARGETS[many.name]
    with writes_beside(url, DOMAIN, many.name):
        many.imported(database, folder / "million.csv")
    _emptied(database, many.table, len(rows))
    print(f"peak memory of this process, the bare run's rows included: {before:.0f} MB before")
    database.close()
    return ok


def _subscribers(database: Database, folder: Path, count: int) -> bool:
    """The bare run has the columns that an import stores, sealed and hashed beforehand."""
    columns = "username domain profile password first_name last_name document phone city state zip"
    lines: list[tuple[Any, ...]] = [
        (
            *(f"4830{n:06d}", DOMAIN, "DEFAULT", f"Segr3do{n}", f"Ana {n}", "Souza"),
            *(f"{n:011d}", f"4830{n:06d}", "Florianópolis", "SC", "88000-000"),
        )
        for n in range(count)
    ]
    write(folder / "subscribers.csv", columns, iter(lines))
    rows = [
        (*line[:3], f"plain:{line[3]}", *line[4:], f"{line[0]}@{DOMAIN}", "0" * 32, "0" * 32)
        for line in lines
    ]
    stored = f"{columns} account_code ha1 ha1b"
    case = Case("subscribers", lambda: Subscribers(Vault()), "subscriber", stored)
    ratio = compare(database, case, folder / "subscribers.csv", rows, ROUNDS)
    return ratio <= TARGETS["subscribers"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the large list of rates")
    parser.add_argument("--subscribers", type=int, default=100_000)
    options = parser.parse_args()
    server = PrivateMariaDB()
    try:
        name = f"sippulse_bench_{os.getpid()}"
        admin = sa.create_engine(server.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with admin.connect() as db:
            db.exec_driver_sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        url = sa.make_url(server.url).set(database=name, drivername="mysql+pymysql")
        with tempfile.TemporaryDirectory() as folder:
            text = url.render_as_string(hide_password=False)
            return int(not measure(text, Path(folder), options.rows, options.subscribers))
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main())
