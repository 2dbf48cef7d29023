"""A long day in minutes: `python -m bench.soak`, or `make soak`.

Top-ups and reads at 80 % of what the machine can, and a fault every minute: a worker killed,
connections killed, the database frozen, reloads of a SIP proxy that is silent. Each request is
repeated until it is answered, a top-up with its Idempotency-Key. Ends with 1 unless the ledger is
the balance and exactly what was acknowledged, memory is flat, and nothing went unanswered.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import os
import random
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import urlsplit

from bench.cases import ADD_CREDIT, RETRIEVE_SUBSCRIBER, Case
from bench.database import OPTIONS, BenchDatabase
from bench.load import allow_connections
from bench.processes import family, pss_mib
from bench.served import Served, ours
from bench.soap import HEADERS
from bench.stall import RELOAD
from bench.table import Table
from tests.mariadb import PrivateMariaDB

CLIENTS = 8
SUBSCRIBERS = 1000
LOAD = 0.8  # of the rate without pauses
CALIBRATION = 10  # seconds in which that rate is found
VALUE = Decimal("10.5")  # of ADD_CREDIT
PATIENCE = 90.0  # seconds; a request that has no answer then is unanswered
GROWTH = 1.2  # memory at the end, of that after a quarter of the time
RELOAD_CASE = Case("reloadProfile", "ReloadModulesWS", RELOAD, lambda *_: None)


@dataclass(slots=True)
class Seen:
    """What a client has seen."""

    credits: int = 0
    reads: int = 0
    repeats: int = 0
    unanswered: int = 0
    longest: float = 0.0


@dataclass
class SoakClient:
    """One connection; each request is sent until it is answered with success."""

    url: str
    pause: Callable[[], float]
    seen: Seen = field(default_factory=Seen)
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._connection = self._connect()

    def run(self, number: int) -> None:
        for turn in itertools.count():
            if self.over.is_set():
                return
            started = time.monotonic()
            subscriber = 1 + (turn * CLIENTS + number) % SUBSCRIBERS
            if turn % 2:
                done = self.send(ADD_CREDIT, subscriber, f"soak-{os.getpid()}-{number}-{turn}")
                self.seen.credits += done
            else:
                done = self.send(RETRIEVE_SUBSCRIBER, subscriber)
                self.seen.reads += done
            self.seen.unanswered += not done
            seconds = time.monotonic() - started
            self.seen.longest = max(self.seen.longest, seconds)
            self.over.wait(max(0.0, self.pause() - seconds))

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)

    def send(self, case: Case, subscriber: int, key: str = "") -> bool:
        headers = HEADERS | ({"Idempotency-Key": key} if key else {})
        body = case.filled(subscriber, 0).encode()
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                self._connection.request("POST", case.path, body, headers)
                response = self._connection.getresponse()
                response.read()
                if response.status == 200:
                    return True
            except (OSError, http.client.HTTPException):
                self._connection.close()
                self._connection = self._connect()
            self.seen.repeats += 1
            time.sleep(0.2)
        return False


class Faults:
    """One after the other, each a minute after the one before."""

    def __init__(self, served: Served, db: BenchDatabase) -> None:
        self._served, self._db = served, db
        self.names = itertools.cycle(("worker", "connection", "database", "proxy"))

    def next(self) -> str:
        name = next(self.names)
        getattr(self, f"_{name}")()
        return name

    def _worker(self) -> None:
        master = self._served.roots[0]
        workers = [pid for pid in family([master]) if pid != master]
        os.kill(random.choice(workers), signal.SIGKILL)

    def _connection(self) -> None:
        mine = self._db.row("SELECT CONNECTION_ID() AS id")["id"]
        rows = self._db.rows("SELECT id FROM information_schema.processlist WHERE user = 'root'")
        for row in rows:
            if row["id"] != mine:
                self._db.execute(f"KILL {row['id']}")

    def _database(self) -> None:
        """It stands still for so long that statements fail."""
        os.kill(self._db.pid, signal.SIGSTOP)
        time.sleep(12)
        os.kill(self._db.pid, signal.SIGCONT)

    def _proxy(self) -> None:
        """Nothing answers there; those who reload wait for it."""
        for _ in range(4):
            client = SoakClient(self._served.url, lambda: 0.0)
            threading.Thread(target=client.send, args=(RELOAD_CASE, 1), daemon=True).start()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--every", type=float, default=60, help="seconds between faults")
    options = parser.parse_args()
    allow_connections()
    with ExitStack() as stack:
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        server = PrivateMariaDB(list(OPTIONS))
        stack.callback(server.stop)
        db = BenchDatabase(server, SUBSCRIBERS)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/RPC"
        os.environ["SIPPULSE_PROXIES"] = f'[{{"kind": "kamailio", "url": "{url}"}}]'
        served = stack.enter_context(ours("soak", db, "pymysql"))
        begun = db.row("SELECT SUM(credit) AS credit FROM subscriber")["credit"]
        quiet = run(served, 0.0, iter((CALIBRATION,)))
        pause = CLIENTS * CALIBRATION / (sum(one.credits + one.reads for one in quiet) * LOAD)
        print(f"one request per client every {1000 * pause:.1f} ms", flush=True)
        memory: list[float] = []
        faults = Faults(served, db)
        steps = disturbed(served, faults, memory, options.minutes * 60, options.every)
        return judge(db, begun, [*quiet, *run(served, pause, steps)], memory)


def run(served: Served, pause: float, steps: Iterator[float]) -> list[Seen]:
    """Clients at work while these many seconds go by."""
    clients = [SoakClient(served.url, lambda: pause) for _ in range(CLIENTS)]
    first = random.randrange(1_000_000)
    threads = [
        threading.Thread(target=one.run, args=(first * CLIENTS + number,))
        for number, one in enumerate(clients)
    ]
    for thread in threads:
        thread.start()
    for seconds in steps:
        time.sleep(seconds)
    for one in clients:
        one.over.set()
    for thread in threads:
        thread.join()
    return [one.seen for one in clients]


def disturbed(
    served: Served, faults: Faults, memory: list[float], seconds: float, every: float
) -> Iterator[float]:
    table = Table("after s", "fault", "memory MiB")
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        yield every / 2
        memory.append(pss_mib(served.pids()))
        name = faults.next() if time.monotonic() - begun < seconds - every else "none"
        table.add(f"{time.monotonic() - begun:.0f}", name, memory[-1])
        yield every / 2


def judge(db: BenchDatabase, begun: Decimal, seen: list[Seen], memory: list[float]) -> int:
    gained = db.row("SELECT SUM(credit) AS credit FROM subscriber")["credit"] - begun
    ledger = db.row("SELECT COALESCE(SUM(value), 0) AS value FROM credit_ledger")["value"]
    acknowledged = VALUE * sum(one.credits for one in seen)
    unanswered = sum(one.unanswered for one in seen)
    growth = memory[-1] / memory[len(memory) // 4]
    print(f"\nbalance {gained}, ledger {ledger}, acknowledged {acknowledged}")
    print(f"{sum(one.credits + one.reads for one in seen)} requests,"
          f" {sum(one.repeats for one in seen)} repeats, {unanswered} unanswered,"
          f" longest {max(one.longest for one in seen):.1f} s")  # fmt: skip
    print(f"memory at the end {growth:.2f} of that after a quarter")
    right = gained == ledger == acknowledged and not unanswered and growth <= GROWTH
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
