"""Cost per request as the platform grows: `python -m bench growth`.

Databases of all sizes stand side by side, with a server each, and take turns.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack

from bench import cases
from bench.database import BenchDatabase, private_server
from bench.measure import check, medians, under_load, warm_up
from bench.served import DRIVERS, Served, ours
from bench.table import Table

SIZES = (1_000, 100_000)
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
