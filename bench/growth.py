"""Cost per request as the platform grows: `python -m bench growth`.

Databases of all sizes stand side by side, with a server each, and take turns.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack

from bench import cases
from bench.database import DOMAIN, RATE_ID, BenchDatabase, private_server
from bench.measure import check, medians, settle, under_load, warm_up
from bench.processes import Peak, cpu_seconds
from bench.served import DRIVERS, Served, ours
from bench.soap import Client, envelope, xml
from bench.table import Table

SIZES = (1_000, 100_000)
LISTS = (1_000, 10_000, 100_000)
RATE_LIST = (
    "INSERT INTO rate (domain, rate_id, prefix, name, rate_value, service_type, cadency,"
    " tx_connection, tx_delay, tx_discard)"
    f" SELECT '{DOMAIN}', {{rate_id}}, CONCAT('55', 1000000 + seq), CONCAT('LOCALIDADE ', seq),"
    " 0.01, 'FIXO', 6, 30, 3, 3 FROM seq_1_to_{length}"
)
FULL_SIZES = (*SIZES, 5_000_000)
MEMORY = "--innodb-buffer-pool-size=8G"  # what five million subscribers with their indexes need
ROUNDS = 3
CASES = (cases.RETRIEVE_SUBSCRIBER, cases.LIST_BY_ACC, cases.ADD_CREDIT, cases.INSERT_SUBSCRIBER)

Platform = tuple[BenchDatabase, Served]


def run(options: argparse.Namespace) -> None:
    driver = options.drivers[-1]
    sizes = FULL_SIZES if options.full else SIZES
    print(f"\n## Growth with {DRIVERS[driver]}; ratios are to {sizes[0]:,} subscribers")
    with private_server(MEMORY) as server, ExitStack() as stack:
        platforms = []
        for size in sizes:
            db = BenchDatabase(server, size, f"sippulse_bench_{size}")
            served = stack.enter_context(ours(f"growth {size}", db, driver))
            platforms.append((db, served))
        table = Table(
            "operation, subscribers", "CPU ms", "ratio", "DB ms", "ratio", "p50 ms", "p99 ms"
        )
        for case in CASES:
            compare(case, platforms, options.seconds, table)
        lists(*platforms[0])


def compare(case: cases.Case, platforms: list[Platform], seconds: int, table: Table) -> None:
    for db, served in platforms:
        check(served, case, db)
        warm_up(served, case, db)
    rounds = [
        [under_load(served, case, db, case.connections, seconds) for db, served in platforms]
        for _ in range(ROUNDS)
    ]
    figures = [medians(list(of_size)) for of_size in zip(*rounds, strict=True)]
    first = figures[0]
    for (db, _), seen in zip(platforms, figures, strict=True):
        table.add(
            f"{case.name}, {db.subscribers:,}", seen.cpu, seen.cpu / first.cpu,
            seen.db_cpu, seen.db_cpu / first.db_cpu, seen.load.p50, seen.load.p99,
        )  # fmt: skip


def lists(db: BenchDatabase, served: Served) -> None:
    """Rate tables of growing length, listed whole by one client."""
    table = Table("rates in one answer", "CPU ms", "us a rate", "ratio", "peak MiB")
    client = Client(served.url)
    first = 0.0
    for rate_id, length in enumerate(LISTS, RATE_ID + 1):
        db.execute(RATE_LIST.format(rate_id=rate_id, length=length))
        wanted = xml({"domain": DOMAIN, "rateId": str(rate_id)})
        request = envelope("listRatesByParams", wanted, cases.principal())
        times = LISTS[-1] // length
        settle(served)
        peak, cpu = Peak(served.pids()), cpu_seconds(served.pids())
        for _ in range(times):
            answer = client.send("/SipPulse/RateWS", request)
        cpu = (cpu_seconds(served.pids()) - cpu) / times
        if len(answer.results) != length:
            raise RuntimeError(f"{len(answer.results)} rates instead of {length}")
        each = cpu / length * 1e6
        first = first or each
        table.add(f"{length:,}", cpu * 1e3, each, each / first, peak.mib())
    client.close()
