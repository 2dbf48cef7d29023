"""Cost per request as the platform grows: `python -m bench growth`."""

from __future__ import annotations

import argparse

from bench import cases
from bench.cases import Case
from bench.database import BenchDatabase, private_server
from bench.measure import Figures, check, under_load, warm_up
from bench.served import ours
from bench.table import Table

SIZES = (1_000, 100_000)
FULL_SIZES = (*SIZES, 5_000_000)
CASES = (cases.RETRIEVE_SUBSCRIBER, cases.LIST_BY_ACC, cases.ADD_CREDIT, cases.INSERT_SUBSCRIBER)


def run(options: argparse.Namespace) -> None:
    driver = options.drivers[-1]
    sizes = FULL_SIZES if options.full else SIZES
    print(f"\n## Growth, {driver}: ratios are to {sizes[0]:,} subscribers")
    table = Table("operation, subscribers", "CPU ms", "ratio", "DB ms", "ratio", "p50 ms", "p99 ms")
    smallest: dict[Case, Figures] = {}
    with private_server() as server:
        for size in sizes:
            db = BenchDatabase(server, size)
            with ours(f"growth {size}", db, driver) as served:
                for case in CASES:
                    check(served, case, db)
                    warm_up(served, case, db)
                    seen = under_load(served, case, db, case.connections, options.seconds)
                    first = smallest.setdefault(case, seen)
                    table.add(
                        f"{case.name}, {size:,}", seen.cpu, seen.cpu / first.cpu,
                        seen.db_cpu, seen.db_cpu / first.db_cpu, seen.load.p50, seen.load.p99,
                    )  # fmt: skip
