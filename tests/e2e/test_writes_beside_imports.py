"""Writes of the server while a large file is imported: none waits for it, none is refused."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories.requests import new_subscriber
from tests.fixtures.server import PROGRAM, Server

ROWS = 30_000
KEY = "<username>1000</username><domain>example.com</domain>"
RATE = (
    "<rate><domain>example.com</domain><rateId>{}</rateId><prefix>{}</prefix>"
    "<name>x</name><rateValue>0.1</rateValue></rate>"
)


@pytest.fixture
def served(installed_url: str, tmp_path: Path) -> Iterator[Server]:
    server = Server(installed_url, tmp_path / "log")
    answer = server.post("SubscriberWS", "insertSubscriber", new_subscriber(username="1000"))
    assert answer.ok, answer.text
    yield server
    server.stop()


@pytest.mark.timeout(900)
@pytest.mark.engines("mariadb")
def test_no_write_waits_for_a_lock_of_an_import(
    served: Server, installed_url: str, tmp_path: Path
) -> None:
    """Other rows of the same and of another table, and the account whose numbers come in."""
    rates, numbers = tmp_path / "rates.csv", tmp_path / "white.csv"
    lines = (f"example.com,1,55{n:07d},DESTINO,0.08\n" for n in range(ROWS))
    rates.write_text("domain,rate_id,prefix,name,rate_value\n" + "".join(lines))
    listed = (f"1000@example.com,55{n:07d}\n" for n in range(ROWS // 3))
    numbers.write_text("account_code,prefix\n" + "".join(listed))
    env = os.environ | {"SIPPULSE_DATABASE_URL": installed_url}
    running = [
        subprocess.Popen([PROGRAM, "import", kind, str(file)], env=env, stdout=subprocess.DEVNULL)
        for kind, file in (("rates", rates), ("white-lists", numbers))
    ]
    done = 0
    while any(one.poll() is None for one in running):
        done += 1
        writes = (
            ("SubscriberWS", "addCredit", KEY + "<value>1</value>"),
            ("SubscriberWS", "insertSubscriber", new_subscriber(username=f"2{done}")),
            ("RateWS", "insertRates", RATE.format(1, f"99{done}") + RATE.format(2, f"99{done}")),
        )
        for service, operation, body in writes:
            answer = served.post(service, operation, body)
            assert answer.ok, answer.text
    assert [one.returncode for one in running] == [0, 0]
    assert done > 1
    credit = served.post("SubscriberWS", "retrieveCredit", KEY).text
    assert f"<return>{done}.0</return>" in credit
