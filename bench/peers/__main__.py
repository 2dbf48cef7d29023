"""Ours and its peers, taking turns on one database: `python -m bench.peers` or `make bench-peers`.

Ratios are to JAX-WS, of medians over the rounds. Memory is read after the last round.
"""

from __future__ import annotations

import argparse
import os
from contextlib import ExitStack

from bench import cases
from bench.__main__ import describe_machine
from bench.cases import Case
from bench.database import DURABILITY, BenchDatabase, private_server
from bench.load import allow_connections
from bench.measure import Figures, check, medians, statements, under_load, warm_up
from bench.peers.programs import prepare, programs
from bench.served import Served
from bench.table import Table

CASES = (cases.RETRIEVE_SUBSCRIBER, cases.ADD_CREDIT, cases.INSERT_SUBSCRIBER)
REFUSED = cases.BAD_LOGIN
OTHERS = 2  # seconds of warming up, per operation


def main() -> None:
    options = parser().parse_args()
    allow_connections()
    describe_machine()
    print(f"MariaDB: {DURABILITY}; {options.subscribers:,} subscribers;", end=" ")
    print(f"{options.rounds} rounds of {options.seconds} s, 16 keep-alive connections.")
    with private_server() as server, ExitStack() as stack:
        db = BenchDatabase(server, options.subscribers)
        prepare(db)
        all_programs = programs(db)
        chosen = [all_programs[name] for name in all_programs if wanted(name, options.only)]
        peers = [stack.enter_context(program) for program in chosen]
        names = [name for name in all_programs if wanted(name, options.only)]
        for peer in peers:
            for case in (*CASES, REFUSED):
                check(peer, case, db)
        counts = {(p.name, c.name): statements(p, c, db)["Questions"] for p in peers for c in CASES}
        print(f"Database {db.version()}; every peer answers rightly. Warming up …", flush=True)
        for peer in peers:
            for case in CASES:
                warm_up(peer, case, db, options.warm_up // 3 if peer.name == "java" else OTHERS)
        for case in CASES:
            figures = compare(peers, case, db, options)
            report(case, names, peers, figures, counts)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    made.add_argument("--subscribers", type=int, default=100_000, metavar="N")
    made.add_argument("--rounds", type=int, default=3)
    made.add_argument("--seconds", type=int, default=5, help="of load per peer and round")
    made.add_argument("--warm-up", type=int, default=45, help="seconds, of Java in all")
    made.add_argument("--only", nargs="+", metavar="WORD", help="peers with this in their name")
    return made


def wanted(name: str, only: list[str] | None) -> bool:
    return not only or any(word.lower() in name.lower() for word in only)


def compare(
    peers: list[Served], case: Case, db: BenchDatabase, options: argparse.Namespace
) -> list[Figures]:
    rounds = [
        [under_load(peer, case, db, case.connections, options.seconds) for peer in peers]
        for _ in range(options.rounds)
    ]
    return [medians(list(of_peer)) for of_peer in zip(*rounds, strict=True)]


def report(
    case: Case,
    names: list[str],
    peers: list[Served],
    figures: list[Figures],
    counts: dict[tuple[str, str], float],
) -> None:
    print(f"\n### {case.name} (load average {os.getloadavg()[0]:.1f})")
    table = Table(
        "server", "CPU ms", "ratio", "DB ms", "stmts", "req/s", "p50 ms", "p99 ms",
        "p99.9 ms", "PSS MiB", "ratio",
    )  # fmt: skip
    first = figures[0]
    for name, peer, seen in zip(names, peers, figures, strict=True):
        load = seen.load
        table.add(
            name, seen.cpu, seen.cpu / first.cpu, seen.db_cpu,
            f"{counts[peer.name, case.name]:g}", load.rate, load.p50, load.p99, load.p999,
            seen.memory, seen.memory / first.memory,
        )  # fmt: skip


if __name__ == "__main__":
    main()
