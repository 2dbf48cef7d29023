"""Ctrl-C in an import: whole batches stay, what is in is told, and the next run goes on."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import IO

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Database
from sippulse_ws.models import Rate
from tests.fixtures.server import PROGRAM, Cli

HEAD = "domain,rate_id,prefix,name,rate_value\n"
LINES = [f"example.com,1,{number},Rate {number},0.1\n" for number in range(1, 4001)]


@pytest.fixture
def database(installed_url: str) -> Iterator[Database]:
    opened = Database(installed_url)
    yield opened
    opened.close()


def count(database: Database) -> int:
    with database.reading() as db:
        return int(db.scalar(sa.select(sa.func.count()).select_from(Rate)))


def feed(pipe: IO[bytes], lines: list[str]) -> None:
    with suppress(BrokenPipeError):  # the reader has ended
        pipe.write("".join(lines).encode())
        pipe.flush()


def test_an_interrupted_import_leaves_whole_batches(
    installed_url: str, cli: Cli, database: Database
) -> None:
    env = os.environ | {"SIPPULSE_DATABASE_URL": installed_url, "SIPPULSE_LANGUAGE": "en"}
    with subprocess.Popen(
        [PROGRAM, "import", "rates", "-"],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        # more comes, but not yet: the command waits for it
        feeder = threading.Thread(target=feed, args=(process.stdin, [HEAD, *LINES[:2500]]))
        feeder.start()
        deadline = time.monotonic() + 120
        while count(database) < 2000 and time.monotonic() < deadline:
            time.sleep(0.05)
        feeder.join()
        process.send_signal(signal.SIGINT)
        status = process.wait(120)
        assert process.stderr is not None
        said = process.stderr.read().decode()
        process.stdin.close()
    assert status == 130
    assert count(database) == 2000
    assert "interrupted: 2000 stored" in said
    (trail,) = cli.rows("audit", "--limit", "1")
    assert "stored=2000" in trail["object"]
    result = cli("import", "rates", "-", input=HEAD + "".join(LINES))
    assert "2000 stored, 2000 known already, 0 refused" in result.stdout
