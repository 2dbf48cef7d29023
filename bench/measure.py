"""One operation on one server: checked, its statements counted, then put under load."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median

from bench.cases import Case
from bench.database import BenchDatabase, difference
from bench.load import Load, LoadError, drive, new_number
from bench.processes import cpu_seconds, pss_mib
from bench.served import Served
from bench.soap import Answer, Client

COUNTED = 20  # requests whose statements are counted
WARM_SECONDS = 1
SETTLE_SECONDS = 10  # at most, until a server has done what it was sent


@dataclass(frozen=True, slots=True)
class Figures:
    """CPU is ms per request, of the server and of the database; memory is PSS in MiB."""

    cpu: float
    db_cpu: float
    load: Load
    memory: float


def settle(served: Served) -> None:
    """Wait until the server does nothing any more: its load generator goes before it is done."""
    deadline = time.monotonic() + SETTLE_SECONDS
    seen = -1.0
    while (now := cpu_seconds(served.pids())) > seen and time.monotonic() < deadline:
        seen = now
        time.sleep(0.1)


def check(served: Served, case: Case, db: BenchDatabase) -> None:
    """A WrongAnswer unless the server answers rightly, and does what it says."""
    settle(served)
    number, new = 10, new_number()
    if case.prepare:
        case.prepare(db, new, 1)
    client = Client(served.url)

    def call() -> Answer:
        return client.send(case.path, case.filled(number, new))

    case.check(call, db, number, new)
    client.close()


def statements(served: Served, case: Case, db: BenchDatabase) -> dict[str, float]:
    """Statements per request by kind, without the ones that new connections begin with."""
    settle(served)
    new = new_number()
    if case.prepare:
        case.prepare(db, new, 2 * COUNTED)
    client = Client(served.url)

    def send() -> None:
        nonlocal new
        client.send(case.path, case.filled(10, new))
        new += 1

    for _ in range(COUNTED):
        send()
    before = db.counters()
    for _ in range(COUNTED):
        send()
    after = db.counters()
    client.close()
    return {name: count / COUNTED for name, count in difference(before, after).items()}


def warm_up(served: Served, case: Case, db: BenchDatabase, seconds: int = WARM_SECONDS) -> None:
    """Every thread has its connection, every statement is compiled, every login known."""
    drive(served.url, case, db, case.connections, seconds)


def under_load(
    served: Served, case: Case, db: BenchDatabase, connections: int, seconds: int,
    *, fresh: bool = False,
) -> Figures:  # fmt: skip
    settle(served)
    cpu, db_cpu = cpu_seconds(served.pids()), cpu_seconds([db.pid])
    load = drive(served.url, case, db, connections, seconds, fresh=fresh)
    if not load.requests:
        raise LoadError(f"{case.name}: not one answer")
    cpu, db_cpu = cpu_seconds(served.pids()) - cpu, cpu_seconds([db.pid]) - db_cpu
    return Figures(
        cpu=cpu / load.requests * 1e3,
        db_cpu=db_cpu / load.requests * 1e3,
        load=load,
        memory=pss_mib(served.pids()),
    )


def medians(figures: list[Figures]) -> Figures:
    """Each figure by itself."""
    loads = [one.load for one in figures]
    return Figures(
        cpu=median(one.cpu for one in figures),
        db_cpu=median(one.db_cpu for one in figures),
        load=Load(
            requests=sum(one.requests for one in loads),
            seconds=sum(one.seconds for one in loads),
            p50=median(one.p50 for one in loads),
            p99=median(one.p99 for one in loads),
            p999=median(one.p999 for one in loads),
        ),
        memory=median(one.memory for one in figures),
    )
