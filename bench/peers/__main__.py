"""Ours and its peers, taking turns on one database: `python -m bench.peers` or `make bench-peers`.

Ratios are to JAX-WS, of medians over the rounds. Memory is read after the last case. With --write
the summary replaces the tables of docs/performance.md.
"""

from __future__ import annotations

import argparse
import os
from contextlib import ExitStack
from statistics import median

from bench import cases
from bench.__main__ import describe_machine
from bench.cases import Case
from bench.database import DURABILITY, BenchDatabase, private_server
from bench.load import allow_connections
from bench.measure import Figures, check, medians, statements, under_load, warm_up
from bench.peers import summary
from bench.peers.programs import OLD_CASES_ONLY, prepare, programs
from bench.processes import private_mib
from bench.served import Served
from bench.table import Table

OLD = (cases.RETRIEVE_SUBSCRIBER, cases.ADD_CREDIT, cases.INSERT_SUBSCRIBER)
NEW = (
    cases.UPDATE_SUBSCRIBER,
    cases.REMOVE_SUBSCRIBER,
    cases.LIST_BY_ACC,
    cases.LIST_RATES,
    cases.INSERT_RATES,
)
CASES = (*OLD, *NEW)
REFUSED = cases.BAD_LOGIN
OTHERS = 2  # seconds of warming up, per operation


def main() -> None:
    options = parser().parse_args()
    allow_connections()
    describe_machine()
    print(f"MariaDB: {DURABILITY}; {options.subscribers:,} subscribers;", end=" ")
    print(f"{options.rounds} rounds of {options.seconds} s, 16 keep-alive connections.")
    with private_server() as server:
        db = BenchDatabase(server, options.subscribers)
        prepare(db)
        names = [name for name in programs(db) if wanted(name, options.only)]
        starts = {name: first_answers(name, db, options.rounds) for name in names}
        seen = measured(names, db, options)
    summary.show(names, seen, starts, options.write)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    made.add_argument("--subscribers", type=int, default=100_000, metavar="N")
    made.add_argument("--rounds", type=int, default=3)
    made.add_argument("--seconds", type=int, default=5, help="of load per peer and round")
    made.add_argument("--warm-up", type=int, default=60, help="seconds, of Java in all")
    made.add_argument("--only", nargs="+", metavar="WORD", help="peers with this in their name")
    made.add_argument("--write", action="store_true", help="the tables into docs/performance.md")
    return made


def wanted(name: str, only: list[str] | None) -> bool:
    return not only or any(word.lower() in name.lower() for word in only)


def offers(name: str, case: Case) -> bool:
    return case in OLD or name not in OLD_CASES_ONLY


def first_answers(name: str, db: BenchDatabase, rounds: int) -> float:
    """Seconds from a start to the first right answer; ours hashes the login's password in it."""
    seconds = []
    for _ in range(rounds):
        with programs(db)[name] as served:
            seconds.append(served.start_seconds)
    return median(seconds)


def measured(
    names: list[str], db: BenchDatabase, options: argparse.Namespace
) -> dict[str, dict[str, Figures]]:
    """Figures by case and peer."""
    with ExitStack() as stack:
        peers = {name: stack.enter_context(programs(db)[name]) for name in names}
        for name, peer in peers.items():
            for case in (*CASES, REFUSED):
                if offers(name, case) or case is REFUSED:
                    check(peer, case, db)
        print(f"Database {db.version()}; every peer answers rightly. Warming up …", flush=True)
        idle = {name: private_mib(peer.pids()) for name, peer in peers.items()}
        for name, peer in peers.items():
            for case in CASES:
                if offers(name, case):
                    seconds = options.warm_up // len(CASES) if peer.name == "java" else OTHERS
                    warm_up(peer, case, db, seconds)
        seen: dict[str, dict[str, Figures]] = {}
        for case in CASES:
            there = {name: peer for name, peer in peers.items() if offers(name, case)}
            seen[case.name] = compare(there, case, db, options)
            report(case, there, seen[case.name], db)
        print("\nPrivate memory of each process when idle, MiB:")
        for name, each in idle.items():
            print(f"- {name}: {', '.join(f'{one:.0f}' for one in each)}")
    return seen


def compare(
    peers: dict[str, Served], case: Case, db: BenchDatabase, options: argparse.Namespace
) -> dict[str, Figures]:
    rounds = [
        [under_load(peer, case, db, case.connections, options.seconds) for peer in peers.values()]
        for _ in range(options.rounds)
    ]
    each = [medians(list(of_peer)) for of_peer in zip(*rounds, strict=True)]
    return dict(zip(peers, each, strict=True))


def report(
    case: Case, peers: dict[str, Served], figures: dict[str, Figures], db: BenchDatabase
) -> None:
    print(f"\n### {case.name} (load average {os.getloadavg()[0]:.1f})")
    table = Table(
        "server", "CPU ms", "ratio", "DB ms", "stmts", "req/s", "p50 ms", "p99 ms",
        "p99.9 ms", "PSS MiB", "ratio",
    )  # fmt: skip
    first = next(iter(figures.values()))
    for name, seen in figures.items():
        load = seen.load
        questions = statements(peers[name], case, db)["Questions"]
        table.add(
            name, seen.cpu, seen.cpu / first.cpu, seen.db_cpu, f"{questions:g}",
            load.rate, load.p50, load.p99, load.p999, seen.memory, seen.memory / first.memory,
        )  # fmt: skip


if __name__ == "__main__":
    main()
