"""Call records at volume: `python -m bench.cdrs [--rows N]` (5,000,000 unless told otherwise).

On a MariaDB of its own, at three sizes, it measures what integrators do and prints ratios:
the document's query on `vi_cdrs` to the same on the base table, the same query with 100 times the
rows around it, and the memory of a month's export with 100 times the rows in it. Ends with status
1 when a claim of docs/sql.md does not hold.
"""

import argparse
import datetime as dt
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pymysql

from sippulse_ws.db import Database
from sippulse_ws.db.schema.migrate import upgrade
from sippulse_ws.models import VI_CDRS, Cdr
from sippulse_ws.ops.partitions import create_partitions
from tests.mariadb import OPTIONS, PrivateMariaDB

ROWS = 5_000_000
CHUNK = 250_000
RUNS = 200
# The query's result is of the same size at every step.
RESULT = 300
DOMAIN = "example.com"
SERVER = ("--innodb-buffer-pool-size=6G", "--innodb-log-file-size=1G")
WHERE = (
    f"WHERE accountcode = '600002@{DOMAIN}' AND service = 'pstn' "
    "AND call_start_time BETWEEN '2026-03-01 00:00:00' AND '2026-03-31 23:59:59'"
)
SHARED = ", ".join(one.name for one in VI_CDRS.columns if one.name in Cdr.__table__.columns)
SNAPSHOTS = """
INSERT INTO cdr_rate_plan SELECT seq, CONCAT('Plan ', seq), 30, 6, 10, 1, 20000 FROM seq_1_to_50;
INSERT INTO cdr_reseller SELECT seq, seq, CONCAT('Revenda ', seq) FROM seq_1_to_20;
INSERT INTO cdr_gateway
    SELECT seq, 12000 + seq, '192.0.2.1', CONCAT('Gateway ', seq), 30000 FROM seq_1_to_40;
INSERT INTO cdr_provider SELECT seq, seq, CONCAT('Operadora ', seq), 30, 6 FROM seq_1_to_10;
INSERT INTO domain (domain) VALUES ('example.com'), ('other.example.com')
"""
# One row for the client: what is left is the server's own work.
TOTALS = "COUNT(*), SUM(price), SUM(duration), MAX(dst_uri)"
# 2,000 accounts in two domains, calls spread evenly over a year.
CALLS = """
INSERT INTO cdr (
    call_start_time, src_uri, dst_uri, caller_domain, caller_id, sip_call_id, sip_from_tag,
    sip_to_tag, duration, rate, price, accountcode, service, cdr_rate_plan_id, cdr_reseller_id,
    cdr_gateway_id, cdr_provider_id, profile, user_agent, src_ip, matched_prefix,
    matched_prefix_name, cost, cost_price)
SELECT {start}, CONCAT('sip:', {user}, '@', {domain}), CONCAT('sip:5548', 30000000 + seq % 999983,
    '@192.0.2.1'), {domain}, {user}, CONCAT({mark}, HEX(seq * 2654435761), '@198.51.100.7'),
    HEX(seq * 40503), HEX(seq * 9973), seq % 900, 0.197, 2.36, CONCAT({user}, '@', {domain}),
    {service}, 1 + seq % 50, IF(seq % 3, NULL, 1 + seq % 20), 1 + seq % 40, 1 + seq % 10,
    'DEFAULT', 'Blink 0.2.7 (Windows)', '189.4.123.226', '5511', 'SAO PAULO FIXO', 0.1, 0.8
FROM seq_{first}_to_{last}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    rows = parser.parse_args().rows
    server = PrivateMariaDB((*OPTIONS, *SERVER))
    try:
        return 0 if measure(server, rows) else 1
    finally:
        server.stop()


def measure(server: PrivateMariaDB, rows: int) -> bool:
    """A database for each size, and all of them measured in turns: other load counts for none."""
    db = pymysql.connect(host="127.0.0.1", port=server.port, user="root", autocommit=True)
    cursor = db.cursor()
    steps = [rows // 100, rows // 10, rows]
    for step in steps:
        started = time.perf_counter()
        cursor.execute(f"CREATE DATABASE {schema(step)} CHARACTER SET utf8mb4")
        cursor.execute(f"USE {schema(step)}")
        prepare(f"{server.url}/{schema(step)}", cursor)
        fill(cursor, step)
        print(f"{step} rows made in {time.perf_counter() - started:.0f} s", flush=True)
    base, view, wide_base, wide_view, totals_base, totals_view = compare(cursor, steps)
    export = [export_month(f"{server.url}/{schema(step)}") for step in steps]
    print(
        f"{'rows':>10} {'base':>8} {'vi_cdrs':>8} {'ratio':>6} {'SELECT *':>8} {'totals':>6}  "
        "a month's export"
    )
    for n, step in enumerate(steps):
        exported, memory, seconds = export[n]
        print(
            f"{step:>10} {base[n]:>6.2f}ms {view[n]:>6.2f}ms {view[n] / base[n]:>6.2f} "
            f"{wide_view[n] / wide_base[n]:>8.2f} {totals_view[n] / totals_base[n]:>6.2f}  "
            f"{exported} records, {memory:.0f} MiB, "
            f"{exported / seconds:.0f} a second"
        )
    claims = {
        f"document's query at {rows} rows, vi_cdrs to base table": (view[-1] / base[-1], 1.3),
        f"document's query, {rows} to {steps[0]} rows": (view[-1] / view[0], 1.5),
        f"memory of a month's export, {rows} to {steps[0]} rows": (
            export[-1][1] / export[0][1],
            1.3,
        ),
    }
    for claim, (ratio, limit) in claims.items():
        print(f"{ratio:5.2f} (at most {limit}) {claim}{'' if ratio <= limit else ': FAILED'}")
    return all(ratio <= limit for ratio, limit in claims.values())


def schema(rows: int) -> str:
    return f"bench_{rows}"


def prepare(url: str, cursor: Any) -> None:
    """Schema, what records refer to, the records that are asked for, partitions of a year."""
    database = Database(url)
    upgrade(database)
    for statement in SNAPSHOTS.split(";"):
        cursor.execute(statement)
    insert(
        cursor,
        1,
        RESULT,
        start=f"'2026-03-01' + INTERVAL seq * {30 * 86400 // RESULT} SECOND",
        domain=f"'{DOMAIN}'",
        user="600002",
        service="'pstn'",
        mark="'asked-'",
    )
    insert(
        cursor,
        1,
        1,
        start="'2026-01-01'",
        domain=f"'{DOMAIN}'",
        user="600003",
        service="'net'",
        mark="'first-'",
    )
    with database.maintaining() as db:
        create_partitions(db, "cdr", dt.date(2026, 12, 1), 1)
    database.close()


def fill(cursor: Any, rows: int) -> None:
    """Records around those that are asked for."""
    for first in range(1, rows + 1, CHUNK):
        insert(
            cursor,
            first,
            min(first + CHUNK - 1, rows),
            start="'2026-01-01' + INTERVAL seq * 7919 % 31536000 SECOND",
            domain=f"IF(seq % 2, '{DOMAIN}', 'other.example.com')",
            user="700000 + seq % 2000",
            service="ELT(1 + seq % 3, 'pstn', 'local', 'net')",
            mark="''",
        )
    cursor.execute("ANALYZE TABLE cdr")


def insert(cursor: Any, first: int, last: int, **columns: str) -> None:
    cursor.execute(CALLS.format(first=first, last=last, **columns))


def compare(cursor: Any, steps: list[int]) -> list[list[float]]:
    """Median milliseconds of the document's query, by size: of the columns that both have from the
    base table and from the view, of all columns of each, and totals."""
    queries = [
        f"SELECT {columns} FROM {schema(step)}.{table} {WHERE}"
        for columns in (SHARED, "*", TOTALS)
        for table in ("cdr", "vi_cdrs")
        for step in steps
    ]
    times: dict[str, list[float]] = {query: [] for query in queries}
    for _ in range(RUNS):
        for query, taken in times.items():
            start = time.perf_counter()
            cursor.execute(query)
            found = cursor.fetchall()
            taken.append((time.perf_counter() - start) * 1000)
            assert len(found) == RESULT or found[0][0] == RESULT, found
    medians = [median(taken) for taken in times.values()]
    return [medians[n : n + len(steps)] for n in range(0, len(medians), len(steps))]


def export_month(url: str) -> tuple[int, float, float]:
    """(records, MiB at most, seconds) of the command that exports a domain's month."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "month.csv"
        start = time.perf_counter()
        process = subprocess.Popen(
            [Path(sys.executable).with_name("sippulse-ws"), *_arguments(file)],
            env=os.environ | {"SIPPULSE_DATABASE_URL": url},
            stdout=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        seconds = time.perf_counter() - start
        assert status == 0, status
        with file.open("rb") as lines:
            return sum(1 for _ in lines) - 1, usage.ru_maxrss / 1024, seconds


def _arguments(file: Path) -> Iterator[str]:
    period = f"--domain {DOMAIN} --from 2026-03-01 --to 2026-03-31"
    yield from f"export cdrs {period} --output {file}".split()


if __name__ == "__main__":
    sys.exit(main())
