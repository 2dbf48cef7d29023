"""Clients behind `sippulse-ws shadow`: the JAX-WS peer answers them, ours is compared.

Mixed calls with planted differences, all of which must be found, and no other; then what the proxy
adds to the median of a read. `python -m bench.shadow` or `make bench-shadow`.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from bench.__main__ import describe_machine
from bench.cases import ADD_CREDIT, INSERT_SUBSCRIBER, RETRIEVE_SUBSCRIBER
from bench.database import LOGIN, PASSWORD, BenchDatabase, private_server, username
from bench.peers.programs import java, prepare_java
from bench.served import OUT, Served, ours
from bench.soap import Client
from tests.mariadb import PrivateMariaDB

SUBSCRIBERS = 400
CLIENTS = 4
PLANTED = {1: ("city", "Santos"), 2: ("call_limit", "3"), 3: ("first_name", "Maria")}
ROUND = 200  # reads in a row, directly or through the proxy
MOST_ADDED = 2.0  # ms
STOP_SECONDS = 900


def main() -> int:
    options = parser().parse_args()
    describe_machine()
    with private_server() as server:
        with servers(server) as (old, new):
            with shadow(old.url, new.url, "--mirror-writes") as (url, folder):
                done = run_calls(url, options.calls, options.rate)
            report = json.loads((folder / "report.json").read_text())
            right = is_as_planted(report, done)
            with shadow(old.url, new.url) as (url, _):
                added = latency(old.url, url, options.rounds)
        with replayed_to(server) as third:
            again = is_as_planted(replay(folder, third.url), done)
    return int(not (right and again) or added > MOST_ADDED)


@contextmanager
def servers(server: PrivateMariaDB) -> Iterator[tuple[Served, Served]]:
    """The peer as the old server, and ours with other ids and planted differences."""
    old_db = BenchDatabase(server, SUBSCRIBERS)
    new_db = BenchDatabase(server, SUBSCRIBERS, "sippulse_shadow")
    plant(new_db)
    prepare_java(old_db)
    with java() as old, ours("shadow", new_db, "pymysql") as new:
        yield old, new


@contextmanager
def replayed_to(server: PrivateMariaDB) -> Iterator[Served]:
    """Ours as it was before the calls, to which they are sent again."""
    db = BenchDatabase(server, SUBSCRIBERS, "sippulse_replay")
    plant(db)
    with ours("replay", db, "pymysql") as served:
        yield served


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bench.shadow", description=__doc__)
    made.add_argument("--calls", type=int, default=10_000)
    made.add_argument("--rate", type=float, default=80, help="calls a second, of all clients")
    made.add_argument("--rounds", type=int, default=10, help=f"of {ROUND} reads each way")
    return made


def plant(db: BenchDatabase) -> None:
    """Values that differ, and other ids for what will be new."""
    for number, (column, value) in PLANTED.items():
        statement = f"UPDATE subscriber SET {column} = %s WHERE username = %s"
        db.execute(statement, value, username(number))
    db.execute("ALTER TABLE subscriber AUTO_INCREMENT = 5000000")


@contextmanager
def shadow(old: str, new: str, *options: str) -> Iterator[tuple[str, Path]]:
    """Its address, and the folder of its report, which is whole at the end."""
    program = str(Path(sys.executable).with_name("sippulse-ws"))
    with tempfile.TemporaryDirectory() as scratch:
        folder = OUT / f"shadow-{time.time_ns()}"
        log = Path(scratch) / "log"
        command = [program, "shadow", "--listen", "127.0.0.1:0", "--old", old, "--new", new]
        with log.open("wb") as output:
            running = subprocess.Popen(
                [*command, "--record", str(folder), *options], stdout=output, stderr=output
            )
        while not (found := re.search(r"http://[^,\s]+:\d+(?=, )", log.read_text())):
            if running.poll() is not None:
                raise RuntimeError(log.read_text())
            time.sleep(0.05)
        try:
            yield found[0], folder
        finally:
            running.send_signal(signal.SIGTERM)
            if running.wait(STOP_SECONDS):
                raise RuntimeError(log.read_text())


def replay(folder: Path, url: str) -> dict[str, Any]:
    """The report of sending the recorded requests to another server."""
    program = str(Path(sys.executable).with_name("sippulse-ws"))
    command = [program, "replay", str(folder), "--to", url, "--login", LOGIN, "--password-stdin"]
    done = subprocess.run(
        [*command, "--json"], input=PASSWORD, text=True, stdout=subprocess.PIPE, check=False
    )
    report: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == int(any(told["fields"] for told in report["operations"].values()))
    return report


def run_calls(url: str, calls: int, rate: float) -> Counter[int]:
    """How often each subscriber was read."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        running = [
            pool.submit(one_client, url, calls // CLIENTS, CLIENTS / rate, n)
            for n in range(CLIENTS)
        ]
        return sum((one.result() for one in running), Counter())


def one_client(url: str, calls: int, pause: float, index: int) -> Counter[int]:
    """Reads, credits and new subscribers, about accounts that no other client touches."""
    begun = time.monotonic()
    client, choose, read = Client(url), random.Random(index), Counter[int]()
    mine = range(index or CLIENTS, 80, CLIENTS)
    for call in range(calls):
        time.sleep(max(0.0, begun + call * pause - time.monotonic()))
        number = choose.choice(mine)
        case = choose.choices((RETRIEVE_SUBSCRIBER, ADD_CREDIT, INSERT_SUBSCRIBER), (7, 2, 1))[0]
        answer = client.send(case.path, case.filled(number, index * 100_000 + call))
        if answer.status != 200:
            raise RuntimeError(f"{case.name}: {answer.body!r}")
        read[number] += case is RETRIEVE_SUBSCRIBER
    client.close()
    return read


def is_as_planted(report: dict[str, Any], read: Counter[int]) -> bool:
    """Whether what was planted was found, as often as it was read, and nothing else; all said."""
    found = {
        (operation, name): one["count"]
        for operation, told in report["operations"].items()
        for name, one in told["fields"].items()
    }
    names = {1: "city", 2: "callLimit", 3: "firstName"}
    expected = {
        ("SubscriberWS.retrieveSubscriber", f"return/{name}"): read[number]
        for number, name in names.items()
        if read[number]
    }
    print(f"\n{report['totals']}\nfound {found}\nplanted {expected}")
    tolerated = {name: told["tolerated"] for name, told in report["operations"].items()}
    print(f"tolerated {tolerated}; beside operations {report['rest']}")
    totals = report["totals"]
    compared = totals.get("equal", 0) + totals.get("different", 0)
    right = found == expected and compared == totals["requests"] and not report["rest"]
    print("as planted, and no other" if right else "NOT as planted")
    return right


def latency(direct: str, proxied: str, rounds: int) -> float:
    """Milliseconds that the proxy adds to the median of a read, taking turns."""
    clients = Client(direct), Client(proxied)
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for client, seen in zip(clients, times, strict=True):
            for number in range(ROUND):
                request = RETRIEVE_SUBSCRIBER.filled(10 + number, 0)
                begun = time.perf_counter()
                client.send(RETRIEVE_SUBSCRIBER.path, request)
                seen.append(time.perf_counter() - begun)
    before, after = (median(one) * 1000 for one in times)
    print(f"median of a read: {before:.2f} ms directly, {after:.2f} ms through the shadow")
    return after - before


if __name__ == "__main__":
    sys.exit(main())
