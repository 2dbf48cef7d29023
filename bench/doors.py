"""CPU of a request by JSON against the same by SOAP, in process: `python -m bench.doors`.

Both doors of one application over demo data on SQLite take turns, so that a busy machine slows
both alike. With `--before FOLDER`, a checkout of another commit, the wire of both takes turns too:
what SOAP costs now against then.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Any

from sippulse_ws.app import create_app
from sippulse_ws.cli.demo import load
from sippulse_ws.config import Settings
from sippulse_ws.db import Database
from sippulse_ws.db.schema.migrate import upgrade
from sippulse_ws.domain.vault import Vault
from sippulse_ws.services.catalogue import PublishedOperation, every_operation
from sippulse_ws.web import samples

ROUNDS = 31
TARGET = 1.0  # of SOAP's CPU
BEFORE_TARGET = 1.03
OPERATIONS = (
    "retrieveCredit",
    "retrieveSubscriber",
    "updateSubscriber",
    "listDomains",
    "addCredit",
)
SHAPES = """
import gc, json, logging
from bench.wire import REQUESTS, BenchWS, Endpoint, Options, cpu_per_request
from statistics import median
logging.disable(logging.CRITICAL)
wire = Endpoint(BenchWS, Options(), None)
gc.collect(); gc.freeze()
times = {"a": 300, "b": 200, "c": 200, "d": 3}
print(json.dumps({
    shape: min(cpu_per_request(wire, body, times[shape]) for _ in range(9))
    for shape, body in REQUESTS.items()
}))
"""

Wsgi = Callable[..., Iterable[bytes]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.doors", description=__doc__)
    parser.add_argument("--before", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    missed = compare_doors()
    if options.before is not None:
        missed = compare_trees(options.before) or missed
    return int(missed)


def compare_doors() -> bool:
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/bench.db")
        upgrade(database)
        with database.writing() as db:
            passwords = load(db, Vault())
        app = create_app(Settings(log_operations=0), database)
        gc.collect()
        gc.freeze()
        print(f"{'operation':<20}{'SOAP ms':>10}{'JSON ms':>10}{'JSON/SOAP':>11}")
        for one in every_operation():
            if one.name in OPERATIONS and one.service in ("SubscriberWS", "DomainWS"):
                soap, by_json = measured(app, one, passwords)
                ratio = by_json / soap
                missed = missed or ratio > TARGET
                print(f"{one.name:<20}{soap * 1e3:>10.4f}{by_json * 1e3:>10.4f}{ratio:>10.2f}x")
        database.close()
    return missed


def measured(
    app: Wsgi, operation: PublishedOperation, passwords: dict[str, str]
) -> tuple[float, float]:
    """Seconds of CPU by SOAP and by JSON."""
    password = passwords[samples.LOGIN]
    login = b64encode(f"{samples.LOGIN}:{password}".encode()).decode()
    soap = samples.envelope(operation, password=password).encode()
    body = samples.json_body(operation).encode()
    path = f"/SipPulse/{operation.service}"
    api = f"/SipPulse/api/{operation.service}/{operation.name}"
    requests = {
        "soap": environ_of(path, soap, "text/xml; charset=utf-8"),
        "json": environ_of(api, body, "application/json", HTTP_AUTHORIZATION=f"Basic {login}"),
    }
    seen: dict[str, list[float]] = {name: [] for name in requests}
    for number in range(ROUNDS):
        for name, environ in requests.items():
            seconds = cpu_of(app, environ, 20)
            if number:  # the first one warms up
                seen[name].append(seconds)
    return median(seen["soap"]), median(seen["json"])


def environ_of(path: str, body: bytes, content_type: str, **more: str) -> dict[str, Any]:
    told = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input_terminated": True,
    }
    return told | more | {"body": body}


def cpu_of(app: Wsgi, environ: dict[str, Any], times: int) -> float:
    environs = [environ | {"wsgi.input": io.BytesIO(environ["body"])} for _ in range(times)]
    started = time.process_time_ns()
    for one in environs:
        for _ in app(one, _start_response):
            pass
    return (time.process_time_ns() - started) / times / 1e9


def _start_response(status: str, headers: list[tuple[str, str]]) -> None:
    assert status == "200 OK", status


def compare_trees(before: Path) -> bool:
    """SOAP's wire in both trees, by turns."""
    trees = {"before": before.resolve(), "now": Path(__file__).resolve().parents[1]}
    seen: dict[str, list[dict[str, float]]] = {name: [] for name in trees}
    for _ in range(7):
        for name, tree in trees.items():
            environment = os.environ | {"PYTHONPATH": f"{tree}/src:{tree}"}
            command = [sys.executable, "-c", SHAPES]
            told = subprocess.run(
                command, cwd=tree, env=environment, check=True, capture_output=True
            )
            seen[name].append(json.loads(told.stdout))
    print(f"\n{'shape':<7}{'before ms':>11}{'now ms':>9}{'now/before':>12}")
    missed = False
    for shape in seen["now"][0]:
        then, now = (min(one[shape] for one in seen[name]) for name in ("before", "now"))
        missed = missed or now / then > BEFORE_TARGET
        print(f"{shape:<7}{then * 1e3:>11.4f}{now * 1e3:>9.4f}{now / then:>11.3f}x")
    return missed


if __name__ == "__main__":
    sys.exit(main())
