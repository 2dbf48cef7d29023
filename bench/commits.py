"""CPU per request of several commits, by turns: `python -m bench.commits FOLDER FOLDER…`.

Each folder is a checkout; ratios are to the first one. All run on this environment's packages and
one MariaDB, each on a database of its own that its own commands have made.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from statistics import median

from bench import cases
from bench.__main__ import describe_machine
from bench.cases import Case
from bench.database import BenchDatabase, private_server
from bench.load import allow_connections
from bench.measure import Figures, check, medians, under_load, warm_up
from bench.served import DRIVERS, WORKERS, Served, free_port, serving
from bench.table import Table
from tests.mariadb import PrivateMariaDB

CASES = (
    cases.RETRIEVE_SUBSCRIBER,
    cases.ADD_CREDIT,
    cases.INSERT_SUBSCRIBER,
    cases.UPDATE_SUBSCRIBER,
    cases.INSERT_RATES,
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.commits", description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--subscribers", type=int, default=20_000)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=[""], help="beginnings of names of operations")
    parser.add_argument("--drivers", nargs="+", choices=DRIVERS, default=list(DRIVERS))
    options = parser.parse_args()
    compared = [one for one in CASES if one.name.startswith(tuple(options.only))]
    allow_connections()
    describe_machine()
    with private_server() as server:
        databases = {
            folder: made_by(folder.resolve(), server, options.subscribers, number)
            for number, folder in enumerate(options.folders)
        }
        for driver in options.drivers:
            print(f"\n## {DRIVERS[driver]}")
            compare(databases, driver, compared, options.seconds, options.rounds)


def made_by(folder: Path, server: PrivateMariaDB, subscribers: int, number: int) -> BenchDatabase:
    return BenchDatabase(server, subscribers, f"commit_{number}", code_of(folder))


def code_of(folder: Path) -> dict[str, str]:
    return {"PYTHONPATH": str(folder / "src")}


def compare(
    databases: dict[Path, BenchDatabase],
    driver: str,
    compared: Sequence[Case],
    seconds: int,
    rounds: int,
) -> None:
    with ExitStack() as stack:
        served = {
            folder: stack.enter_context(started(folder, db, driver))
            for folder, db in databases.items()
        }
        table = Table("commit", "CPU ms", "ratio", "least", "most", "DB ms", "p99 ms")
        for case in compared:
            seen: dict[Path, list[Figures]] = {folder: [] for folder in served}
            for folder, one in served.items():
                check(one, case, databases[folder])
                warm_up(one, case, databases[folder])
            for _ in range(rounds):
                for folder, one in served.items():
                    figures = under_load(one, case, databases[folder], case.connections, seconds)
                    seen[folder].append(figures)
            add_rows(table, case, seen)


def started(folder: Path, db: BenchDatabase, driver: str) -> AbstractContextManager[Served]:
    port = free_port()
    command = [sys.executable, "-m", "sippulse_ws", "serve", "--port", str(port)]
    command += ["--workers", str(WORKERS)]
    environment = code_of(folder.resolve()) | {"SIPPULSE_DATABASE_URL": db.url(driver)}
    return serving(f"commit {folder.name}", [command], port, environment)


def add_rows(table: Table, case: Case, seen: dict[Path, list[Figures]]) -> None:
    """Ratios are those of each round to the first folder in it: their median, least and most."""
    first = next(iter(seen.values()))
    for folder, figures in seen.items():
        ratios = [one.cpu / other.cpu for one, other in zip(figures, first, strict=True)]
        all_of_it = medians(figures)
        table.add(
            f"{case.name}, {folder.name}",
            all_of_it.cpu,
            median(ratios),
            min(ratios),
            max(ratios),
            all_of_it.db_cpu,
            all_of_it.load.p99,
        )


if __name__ == "__main__":
    main()
