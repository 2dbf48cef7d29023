"""`sippulse-ws serve` on MariaDB, operation by operation: `python -m bench server`."""

from __future__ import annotations

import argparse
import time

from bench import cases, interpreters
from bench.cases import Case
from bench.database import BenchDatabase, private_server
from bench.measure import check, statements, under_load, warm_up
from bench.processes import pss_mib
from bench.served import DRIVERS, Served, ours
from bench.soap import Client
from bench.table import Table

CONNECTIONS = (1, 16, 256, 1000)


def run(options: argparse.Namespace) -> None:
    with private_server() as server:
        db = BenchDatabase(server, options.subscribers)
        for driver in [] if options.only_pythons else options.drivers:
            print(f"\n## Server with {DRIVERS[driver]}, {db.subscribers:,} subscribers")
            with ours(driver, db, driver) as served:
                start_and_memory(served)
                operations(served, db, options.seconds)
                connections(served, db, options.seconds)
        interpreters.compare(options.pythons, db, options.drivers, options.seconds)


def start_and_memory(served: Served) -> None:
    time.sleep(1)  # until everything that starts has started
    idle = [pss_mib([pid]) for pid in served.pids()]
    print(f"\nFirst right answer {served.start_seconds:.2f} s after the start.", end=" ")
    print(f"Idle, PSS per process in MiB: {', '.join(f'{one:.0f}' for one in idle)}.")


def operations(served: Served, db: BenchDatabase, seconds: int) -> None:
    table = Table(
        "operation", "CPU ms", "DB ms", "stmts", "req/s", "p50 ms", "p99 ms", "p99.9 ms",
        "PSS MiB", "fresh: CPU ms", "req/s", "p99 ms",
    )  # fmt: skip
    for case in cases.ALL:
        if not is_there(served, case):
            print(f"{case.name}: not measured, there is no {case.service}")
            continue
        check(served, case, db)
        count = statements(served, case, db)["Questions"]
        warm_up(served, case, db)
        kept = under_load(served, case, db, case.connections, seconds)
        fresh = under_load(served, case, db, case.connections, seconds, fresh=True)
        table.add(
            case.name, kept.cpu, kept.db_cpu, f"{count:g}", kept.load.rate,
            kept.load.p50, kept.load.p99, kept.load.p999, kept.memory,
            fresh.cpu, fresh.load.rate, fresh.load.p99,
        )  # fmt: skip


def connections(served: Served, db: BenchDatabase, seconds: int) -> None:
    table = Table("connections", "CPU ms", "req/s", "p50 ms", "p99 ms", "p99.9 ms", "PSS MiB")
    case = cases.RETRIEVE_SUBSCRIBER
    for count in CONNECTIONS:
        seen = under_load(served, case, db, count, seconds)
        load = seen.load
        table.add(f"{count:,}", seen.cpu, load.rate, load.p50, load.p99, load.p999, seen.memory)


def is_there(served: Served, case: Case) -> bool:
    client = Client(served.url)
    found = client.send(f"/SipPulse/{case.service}?wsdl", "").status == 200
    client.close()
    return found
