"""What wrong logins do to everybody else: `python -m bench guard`.

Good answers a second and their 99th percentile, undisturbed and beside wrong logins; how long a
first right login takes meanwhile; and whether the times of failures tell the failures apart. Ends
with 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.cases import RETRIEVE_SUBSCRIBER
from bench.database import DOMAIN, BenchDatabase
from bench.guessing import MADE_UP, PRINCIPAL
from bench.load import Load, allow_connections, drive
from bench.served import Served, ours
from bench.soap import ENVELOPE, Client
from bench.table import Table
from tests.mariadb import PrivateMariaDB

CLIENTS = 8
REAL = [f"clerk{number}" for number in range(20)]
RATE_KEPT, P99_TIMES = 0.7, 3.0
TRIES = 2000
OK, LONGEST = 200, 30.0
# Kolmogorov-Smirnov: the largest distance of two samples of n that chance gives once in a thousand
CHANCE = 1.95


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.guard", description=__doc__)
    parser.add_argument("--seconds", type=int, default=5, help="of load per row")
    parser.add_argument("--tries", type=int, default=TRIES, help="of each kind of failure")
    options = parser.parse_args()
    allow_connections()
    server = PrivateMariaDB()
    try:
        db = BenchDatabase(server, 1000)
        administrators(db)
        with ours("guard", db, "pymysql") as served:
            kept = throughput(served, db, options.seconds)
            alike = timing(served, options.tries)
    finally:
        server.stop()
    return 0 if kept and alike else 1


def administrators(db: BenchDatabase) -> None:
    """Real logins to guess at, and some that never logged in."""
    program = str(Path(sys.executable).with_name("sippulse-ws"))
    for login in (*REAL, "blocked"):
        command = [program, "admin", "create", login, "--domain", DOMAIN, "--password-stdin"]
        environment = {"SIPPULSE_DATABASE_URL": db.url()}
        subprocess.run(
            command, input=f"right {login}", text=True, env=environment, check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
    db.execute("UPDATE administrator SET active = 0 WHERE login = 'blocked'")


def throughput(served: Served, db: BenchDatabase, seconds: int) -> bool:
    table = Table("wrong logins a second", "good/s", "ratio", "p99 ms", "ratio", "first login s")
    drive(served.url, RETRIEVE_SUBSCRIBER, db, CLIENTS, 2)
    quiet = drive(served.url, RETRIEVE_SUBSCRIBER, db, CLIENTS, seconds)
    table.add("none", quiet.rate, "", quiet.p99, "", "")
    met = True
    fresh = iter(REAL)
    for rate in (50, 500):
        for names in (MADE_UP, ",".join(REAL[10:])):
            for addresses in (1, 200):
                with guessing(served.url, rate, addresses, names, seconds + 3):
                    time.sleep(1)
                    first = right_login(served, next(fresh))
                    load = drive(served.url, RETRIEVE_SUBSCRIBER, db, CLIENTS, seconds)
                kind = "made-up" if names == MADE_UP else "real"
                name = f"{rate}, {kind} names, {addresses} address{'es' * (addresses > 1)}"
                met = row(table, name, quiet, load, first) and met
    return met


def row(table: Table, name: str, quiet: Load, load: Load, first: float) -> bool:
    rate, p99 = load.rate / quiet.rate, load.p99 / quiet.p99
    table.add(name, load.rate, f"{rate:.2f}", load.p99, f"{p99:.1f}", f"{first:.2f}")
    return rate >= RATE_KEPT and p99 <= P99_TIMES and first <= 2


@contextmanager
def guessing(url: str, rate: int, addresses: int, names: str, seconds: float) -> Iterator[None]:
    """A process that guesses meanwhile."""
    command = [sys.executable, "-m", "bench.guessing", url, str(rate), str(addresses), names]
    process = subprocess.Popen([*command, str(seconds)], stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def right_login(served: Served, login: str) -> float:
    """Seconds until a login that nobody used before got in, from 127.0.0.1.

    Where the machine cannot answer all that is sent, "busy" is tried again.
    """
    started = time.monotonic()
    client = Client(served.url)
    while attempt(client, login, f"right {login}")[0] != OK:
        if time.monotonic() - started > LONGEST:
            raise TimeoutError(f"{login} did not get in")
    client.close()
    return time.monotonic() - started


def attempt(client: Client, login: str, password: str) -> tuple[int, float]:
    principal = PRINCIPAL.format(login=login, password=password)
    body = ENVELOPE.format(operation="listDomains", arguments=principal)
    started = time.perf_counter()
    answer = client.send("/SipPulse/DomainWS", body)
    return answer.status, time.perf_counter() - started


def timing(served: Served, tries: int) -> bool:
    """Times of wrong passwords, unknown logins and a blocked one, each first in its turn.

    Each login is tried once or twice from an address, so that none is delayed.
    """
    kinds: dict[str, list[float]] = {"wrong": [], "unknown": [], "blocked": []}
    clients = Addresses(served.url)
    names = list(kinds)
    for number in range(tries):
        clients.next(number).send("/healthz", "")  # connected
        for kind in names[number % 3 :] + names[: number % 3]:
            times = kinds[kind]
            login = {"wrong": REAL[number % 10 + 10], "blocked": "blocked"}.get(kind)
            client = clients.next(number)
            times.append(attempt(client, login or secrets.token_hex(4), "x")[1])
    table = Table("failures", "median ms", "distance to unknown", "by chance")
    met = True
    chance = CHANCE * (2 / tries) ** 0.5
    for kind, times in kinds.items():
        far = distance(times, kinds["unknown"])
        table.add(kind, 1000 * statistics.median(times), f"{far:.3f}", f"{chance:.3f}")
        met = met and far <= chance
    return met


class Addresses:
    """Clients, each at another address of loopback."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._number = 0
        self._client = Client(url)

    def next(self, number: int) -> Client:
        if number != self._number:
            self._client.close()
            self._number = number
            self._client = Client(self._url, f"127.{100 + number // 250}.{1 + number % 250}.1")
        return self._client


def distance(one: list[float], other: list[float]) -> float:
    """The largest difference of two distributions (Kolmogorov-Smirnov)."""
    marked = sorted(
        [(value, 1 / len(one)) for value in one] + [(value, -1 / len(other)) for value in other]
    )
    height = highest = 0.0
    for _, step in marked:
        height += step
        highest = max(highest, abs(height))
    return highest


if __name__ == "__main__":
    sys.exit(main())
