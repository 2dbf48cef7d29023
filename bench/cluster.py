"""Operations a second over a Galera cluster on loopback, beside those of one MariaDB.

`python -m bench.cluster --seconds 10`. All nodes and the clients share this machine's cores: the
figures show what asking the group costs, not what three machines give.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa

from tests.cluster.balancer import Balancer, answers
from tests.cluster.galera import Cluster, waiting
from tests.fixtures.server import LOGIN, Cli, Server
from tests.mariadb import PrivateMariaDB
from tests.soap import ENVELOPE, principal_xml

CLIENTS = 16
KEY = "<username>bench{}</username><domain>example.com</domain>"
OPERATIONS = {
    "retrieveSubscriber": KEY,
    "addCredit, own accounts": KEY + "<value>1</value>",
    "addCredit, one account": KEY.format(0) + "<value>1</value>",
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=5)
    seconds = options.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        single = PrivateMariaDB(("--innodb-use-native-aio=0", "--innodb-flush-log-at-trx-commit=2"))
        print("| | " + " | ".join(OPERATIONS) + " |\n|---|" + "---|" * len(OPERATIONS))
        install(f"{single.url}/sippulse", single=True)
        measure("one MariaDB", f"{single.url}/sippulse", place, seconds)
        single.stop()
        cluster = Cluster()
        balancer = Balancer(cluster, place)
        try:
            spread = balancer.url(balancer.spread)
            writer = balancer.url(balancer.writer)
            waiting(lambda: answers(spread) and answers(writer), "no node answers")
            install(spread)
            for name, url in (("three nodes, one writer", writer), ("three nodes, spread", spread)):
                measure(name, url, place, seconds, CLUSTER="galera")
        finally:
            balancer.stop()
            cluster.close()


def install(url: str, *, single: bool = False) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIPPULSE_DATABASE_URL", url)
        cli = Cli(patch)
        if single:
            create_schema(*url.rsplit("/", 1))
        cli("db", "upgrade")
        cli("domain", "create", "example.com")
        cli("profile", "create", "example.com", "DEFAULT")
        password = LOGIN["password"]
        cli("admin", "create", "root", "--superuser", "--password-stdin", input=password)


def create_schema(server: str, name: str) -> None:
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        db.exec_driver_sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    engine.dispose()


def measure(name: str, url: str, place: Path, seconds: float, **settings: str) -> None:
    server = Server(url, place / "log", (), LOG_OPERATIONS="0", **settings)
    for number in range(CLIENTS):
        told = f"{KEY.format(number)}<password>secret-1</password><profile>DEFAULT</profile>"
        server.post("SubscriberWS", "insertSubscriber", f"<subscriber>{told}</subscriber>")
    figures = [
        f"{rate(server, operation.partition(',')[0], body, seconds):.0f}"
        for operation, body in OPERATIONS.items()
    ]
    print(f"| {name} | {' | '.join(figures)} |", flush=True)
    server.stop()


def rate(server: Server, operation: str, body: str, seconds: float) -> float:
    """Answers a second; a fault ends the measurement."""
    ending = threading.Event()

    def client(number: int) -> int:
        session, count = requests.Session(), 0
        text = ENVELOPE.format(operation=operation, body=body.format(number) + principal_xml(LOGIN))
        send = sender(session, server, text.encode())
        while not ending.is_set():
            send()
            count += 1
        return count

    with ThreadPoolExecutor(CLIENTS) as threads:
        begun = time.monotonic()
        counts = [threads.submit(client, number) for number in range(CLIENTS)]
        time.sleep(seconds)
        ending.set()
        total = sum(one.result() for one in counts)
        return total / (time.monotonic() - begun)


def sender(session: requests.Session, server: Server, envelope: bytes) -> Callable[[], None]:
    url = f"{server.base}/SipPulse/SubscriberWS"

    def send() -> None:
        answer = session.post(url, envelope, headers={"Content-Type": "text/xml"}, timeout=60)
        assert b"faultstring" not in answer.content, answer.text

    return send


if __name__ == "__main__":
    main()
