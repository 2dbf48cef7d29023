"""Load on a server, by wrk: one operation, so many connections, so many seconds."""

from __future__ import annotations

import json
import resource
import subprocess
import tempfile
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from bench.cases import Case
from bench.database import FIRST_NUMBER, BenchDatabase

SCRIPT = Path(__file__).with_name("wrk") / "soap.lua"
NEW_NUMBERS = 1_000_000  # more than one run uses up
FASTEST = 6000  # requests per second that nothing here that writes exceeds
OPEN_FILES = 4096

_runs = count(1)


class LoadError(Exception):
    """Requests failed under load, so their times mean nothing."""


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw; latencies in ms, from sending a request to the end of its answer."""

    requests: int
    seconds: float
    p50: float
    p99: float
    p999: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def new_number() -> int:
    """The first of a million that no request has used yet, small enough for an int column."""
    return next(_runs) * NEW_NUMBERS


def drive(
    url: str, case: Case, db: BenchDatabase, connections: int, seconds: int, *, fresh: bool = False
) -> Load:
    """Run wrk; a LoadError unless every answer had the status that the case wants."""
    seconds = max(seconds, case.least_seconds)
    new = new_number()
    if case.prepare:
        case.prepare(db, new, seconds * FASTEST)
    with tempfile.NamedTemporaryFile() as body:
        body.write(case.body.encode())
        body.flush()
        command = ["wrk", "--threads", "1", "--connections", str(connections)]
        command += ["--duration", f"{seconds}s", "--timeout", "10s", "--script", str(SCRIPT)]
        command += [url + case.path, "--", body.name, "close" if fresh else "keep"]
        command += [str(FIRST_NUMBER), str(db.subscribers), str(new)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise LoadError(f"wrk: {result.stdout}{result.stderr}")
    seen = json.loads(result.stdout.splitlines()[-1])
    broken, failed = seen.pop("broken"), seen.pop("status")
    wrong = failed if case.status == 200 else seen["requests"] - failed
    if broken or wrong:
        raise LoadError(
            f"{case.name}: {wrong} of {seen['requests']} answers had another status than"
            f" {case.status}, {broken} connections broke"
        )
    return Load(**seen)


def allow_connections() -> None:
    """A thousand connections are files of wrk, and of a server that is started after this."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < OPEN_FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, hard), hard))
