"""Who waits for whom: `python -m bench stall`.

Latencies of health, of a WSDL and of reads of other accounts, undisturbed and while bodies come
slowly, a row is locked, a SIP proxy does not answer and the database is frozen. Ends with 1 when
health takes longer than its 100 ms.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

import pymysql

from bench.cases import ADD_CREDIT, RETRIEVE_SUBSCRIBER, principal
from bench.database import DOMAIN, OPTIONS, BenchDatabase, username
from bench.load import allow_connections
from bench.served import Served, ours
from bench.soap import Client, envelope, xml
from bench.table import Table
from tests.mariadb import PrivateMariaDB

HEALTH = "/healthz"
HEALTH_SECONDS = 0.1  # the most that health may take, whatever operations do
READ = "retrieveSubscriber"
BODIES, TOP_UPS, RELOADS = 200, 8, 8
FROZEN_SECONDS = 8
HALF_A_BODY = (
    b"POST /SipPulse/SubscriberWS HTTP/1.1\r\nHost: bench\r\nContent-Type: text/xml\r\n"
    b"Content-Length: 1000\r\n\r\n<S:"
)
RELOAD = envelope("reloadProfile", xml({"profile": "DEFAULT", "domain": DOMAIN}), principal())


@dataclass(slots=True)
class Watch:
    """Asks for one thing over and over, each time on a connection that is kept."""

    name: str
    path: str
    body: Callable[[int], str]
    seconds: list[float] = field(default_factory=list)
    failed: int = 0

    def run(self, url: str, over: threading.Event) -> None:
        client, number = Client(url), 0
        while not over.wait(0.02):
            number += 1
            started = time.perf_counter()
            try:
                right = client.send(self.path, self.body(2 + number % 500)).status == 200
            except OSError:
                client.close()
                client, right = Client(url), False
            self.seconds.append(time.perf_counter() - started)
            self.failed += not right
        client.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.stall", description=__doc__)
    parser.add_argument("--seconds", type=int, default=10, help="of each disturbance")
    seconds = parser.parse_args().seconds
    allow_connections()
    with ExitStack() as stack:
        dead = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        server = PrivateMariaDB(list(OPTIONS))
        stack.callback(server.stop)
        db = BenchDatabase(server, 1000)
        url = f"http://127.0.0.1:{dead.getsockname()[1]}/RPC"
        os.environ["SIPPULSE_PROXIES"] = f'[{{"kind": "kamailio", "url": "{url}"}}]'
        served = stack.enter_context(ours("stall", db, "pymysql"))
        table = Table("disturbance", *columns())
        met = True
        for name, disturb in disturbances(served, db).items():
            met = measure(table, name, served, disturb, seconds) and met
    return 0 if met else 1


def watches() -> list[Watch]:
    return [
        Watch("healthz", HEALTH, lambda _: ""),
        Watch("wsdl", "/SipPulse/DomainWS?wsdl", lambda _: ""),
        Watch(READ, RETRIEVE_SUBSCRIBER.path, lambda one: RETRIEVE_SUBSCRIBER.filled(one, one)),
    ]


def columns() -> Iterator[str]:
    for one in watches():
        yield f"{one.name} median ms"
        yield "longest ms"
    yield "failed"


def measure(
    table: Table, name: str, served: Served, disturb: Callable[[], None], seconds: int
) -> bool:
    asked, over = watches(), threading.Event()
    threads = [threading.Thread(target=one.run, args=(served.url, over)) for one in asked]
    disturbance = threading.Thread(target=disturb)
    disturbance.start()
    time.sleep(0.5)  # until it stands
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    over.set()
    for thread in (*threads, disturbance):
        thread.join()
    cells: list[str | float] = []
    for one in asked:
        cells += [1000 * statistics.median(one.seconds), 1000 * max(one.seconds)]
    table.add(name, *cells, str(sum(one.failed for one in asked)))
    return max(asked[0].seconds) <= HEALTH_SECONDS


def disturbances(served: Served, db: BenchDatabase) -> dict[str, Callable[[], None]]:
    return {
        "none": lambda: None,
        f"{BODIES} slow bodies": lambda: slow_bodies(served),
        f"a locked row, {TOP_UPS} top-ups": lambda: locked_row(served, db),
        f"a dead proxy, {RELOADS} reloads": lambda: at_once(served, [RELOAD] * RELOADS),
        f"the database frozen {FROZEN_SECONDS} s": lambda: frozen(served, db),
    }


def slow_bodies(served: Served) -> None:
    """They are given up by the server, each after its time."""
    host, port = served.url.removeprefix("http://").split(":")
    clients = [socket.create_connection((host, int(port)), 60) for _ in range(BODIES)]
    for client in clients:
        client.sendall(HALF_A_BODY)
    for client in clients:
        with suppress(OSError):
            client.recv(100)
        client.close()


def locked_row(served: Served, db: BenchDatabase) -> None:
    top_up = ADD_CREDIT.body.replace("{any}", username(1))
    with row_locked(db):
        at_once(served, [top_up] * TOP_UPS)


@contextmanager
def row_locked(db: BenchDatabase) -> Iterator[None]:
    other = pymysql.connect(host="127.0.0.1", port=db.port, user="root", database=db.name)
    with other.cursor() as cursor:
        cursor.execute("UPDATE subscriber SET rings = 9 WHERE username = %s", (username(1),))
    yield
    other.rollback()
    other.close()


def frozen(served: Served, db: BenchDatabase) -> None:
    """It stands still; what asked it goes on when it does."""
    os.kill(db.pid, signal.SIGSTOP)
    time.sleep(FROZEN_SECONDS)
    os.kill(db.pid, signal.SIGCONT)


def at_once(served: Served, bodies: Sequence[str]) -> None:
    """Send them all at the same time, and wait for whatever they are answered."""

    def send(body: str) -> None:
        client = Client(served.url)
        with suppress(OSError):
            operation = "ReloadModulesWS" if "reloadProfile" in body else "SubscriberWS"
            client.send(f"/SipPulse/{operation}", body)
        client.close()

    threads = [threading.Thread(target=send, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    sys.exit(main())
