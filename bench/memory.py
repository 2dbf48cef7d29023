"""Memory of `sippulse-ws serve` with two workers: `make bench ARGS=memory`.

After reads and writes, after long lists, and at rest. PSS divides what processes share
among them, so that its sum is what the server takes; private is what one has for itself alone.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from bench import cases
from bench.database import BenchDatabase, private_server
from bench.measure import check, settle, warm_up
from bench.processes import private_mib, pss_mib
from bench.served import DRIVERS, WORKERS, Served, ours
from bench.table import Table

LOAD = (
    cases.RETRIEVE_SUBSCRIBER,
    cases.ADD_CREDIT,
    cases.INSERT_SUBSCRIBER,
    cases.UPDATE_SUBSCRIBER,
    cases.REMOVE_SUBSCRIBER,
    cases.LIST_BY_ACC,
)
LONG = (cases.LIST_RATES, cases.INSERT_RATES)
REST_SECONDS = 5


def run(options: argparse.Namespace) -> None:
    with private_server() as server:
        db = BenchDatabase(server, options.subscribers)
        for driver in options.drivers:
            print(f"\n## Memory with {DRIVERS[driver]}, {WORKERS} workers")
            with ours(driver, db, driver) as served:
                check(served, cases.RETRIEVE_SUBSCRIBER, db)
                time.sleep(REST_SECONDS)
                report("idle", served)
                for case in LOAD:
                    warm_up(served, case, db, options.seconds)
                report("after reads and writes", served)
                for case in LONG:
                    warm_up(served, case, db, options.seconds)
                report("after long lists too", served)
                settle(served)
                time.sleep(REST_SECONDS)
                report("at rest", served)


def report(when: str, served: Served) -> None:
    table = Table(f"{when}: process", "PSS MiB", "private MiB")
    pids = served.pids()
    for pid, private in zip(pids, private_mib(pids), strict=True):
        table.add(_role(pid, served), pss_mib([pid]), private)
    table.add("all", pss_mib(pids), sum(private_mib(pids)))


def _role(pid: int, served: Served) -> str:
    if pid in served.roots:
        return "master"
    return Path(f"/proc/{pid}/comm").read_text().strip()
