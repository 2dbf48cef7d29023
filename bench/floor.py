"""How near the floor we are: `python -m bench floor`.

In this process, without HTTP: CPU per request of the whole application, and of the bare driver
that gets the very texts of the statements which that request sent, over the same round trips. What
lies between them is ours: XML, principal, rules, SQLAlchemy.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import io
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from pymysql.constants import CLIENT

from bench import cases
from bench.cases import Case
from bench.database import BenchDatabase, private_server
from bench.load import new_number
from bench.served import DRIVERS
from bench.table import Table
from bench.wire import environ_of
from sippulse_ws.app import create_app
from sippulse_ws.config import Settings

CASES = (cases.RETRIEVE_SUBSCRIBER, cases.ADD_CREDIT, cases.INSERT_SUBSCRIBER)
MODULES = {"pymysql": "pymysql", "mysqldb": "MySQLdb"}
ROUNDS = 9
REQUESTS = 200  # per round

Run = Callable[[int], None]  # one request about this new number


def run(options: argparse.Namespace) -> None:
    with private_server() as server:
        db = BenchDatabase(server, 1_000)
        for driver in options.drivers:
            print(f"\n## Floor with {DRIVERS[driver]}: in process, no HTTP")
            table = Table("operation", "app ms", "bare ms", "ratio", "between", "trips")
            settings = Settings(database_url=db.url(driver), log_level="warning")  # type: ignore[arg-type]
            application = create_app(settings)
            for case in CASES:
                ours = in_process(application, case)
                statements, number = sent(db, ours)
                bare = bare_driver(db, driver, statements, number)
                app_ms, bare_ms = in_turn(ours, bare)
                table.add(
                    case.name, app_ms, bare_ms, app_ms / bare_ms, app_ms - bare_ms,
                    f"{len(statements)}",
                )  # fmt: skip


def in_process(application: Any, case: Case) -> Run:
    def send(number: int) -> None:
        body = case.filled(10, number).encode()
        environ = environ_of(body) | {"wsgi.input": io.BytesIO(body), "PATH_INFO": case.path}
        status = []
        for _ in application(environ, lambda line, _headers: status.append(line)):
            pass
        assert status == ["200 OK"], case.name

    return send


def sent(db: BenchDatabase, ours: Run) -> tuple[list[str], int]:
    """The statements of one request in their order, and the new number in it."""
    number = new_number()
    ours(number)  # connections are there, statements compiled
    db.execute("SET GLOBAL log_output = 'TABLE'")
    db.execute("TRUNCATE mysql.general_log")
    db.execute("SET GLOBAL general_log = 1")
    ours(number + 1)
    db.execute("SET GLOBAL general_log = 0")
    rows = db.rows(
        "SELECT CONVERT(argument USING utf8mb4) AS text FROM mysql.general_log"
        " WHERE command_type = 'Query' AND thread_id <> CONNECTION_ID() ORDER BY event_time"
    )
    return [row["text"] for row in rows], number + 1


def bare_driver(db: BenchDatabase, driver: str, statements: list[str], number: int) -> Run:
    """Two connections, as ours has: one for the first statement, one for a transaction.

    What belongs to the transaction is sent together, as ours does.
    """
    module = importlib.import_module(MODULES[driver])
    arguments = {"host": "127.0.0.1", "port": db.port, "user": "root", "charset": "utf8mb4"}
    arguments["client_flag"] = CLIENT.MULTI_STATEMENTS
    reads, writes = (module.connect(**arguments, database=db.name) for _ in range(2))
    reads.autocommit(True)
    # what is inserted must be new each time, the rest is sent as it is
    first, *others = [text for text in statements if text != "COMMIT"]
    parts = [text.split(str(number)) for text in (first, ";".join(others)) if text]

    def send(new: int) -> None:
        for connection, text in zip((reads, writes), parts, strict=False):
            cursor = connection.cursor()
            cursor.execute(str(new).join(text))
            while cursor.fetchall() or cursor.nextset():
                pass
            cursor.close()
        if others:
            writes.commit()

    return send


def in_turn(ours: Run, bare: Run) -> tuple[float, float]:
    """Medians of ms of CPU per request."""
    gc.collect()
    gc.freeze()
    samples: dict[Run, list[float]] = {ours: [], bare: []}
    for _ in range(ROUNDS):
        for send, times in samples.items():
            first = new_number()
            started = time.process_time()
            for number in range(first, first + REQUESTS):
                send(number)
            times.append((time.process_time() - started) / REQUESTS * 1e3)
    return median(samples[ours]), median(samples[bare])
