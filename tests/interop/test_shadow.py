"""The shadow before a server that is none of ours: JAX-WS, on a database of its own."""

import json
from collections.abc import Iterator
from contextlib import closing

import pytest
import requests

from bench.database import OPTIONS
from bench.shadow import is_as_planted, replay, replayed_to, run_calls, servers, shadow
from tests.mariadb import PrivateMariaDB

pytestmark = [pytest.mark.interop, pytest.mark.timeout(3600)]

CALLS = 800
RATE = 200.0  # calls a second of all clients, at most


@pytest.fixture
def server() -> Iterator[PrivateMariaDB]:
    smaller = [one for one in OPTIONS if "buffer-pool" not in one]
    running = PrivateMariaDB([*smaller, "--innodb-use-native-aio=0"])
    yield running
    running.stop()


def test_planted_differences_to_jax_ws_are_found_and_no_other_and_again_by_a_replay(
    server: PrivateMariaDB,
) -> None:
    with servers(server) as (old, new), shadow(old.url, new.url, "--mirror-writes") as running:
        url, folder = running
        with closing(requests.Session()) as session:
            for query in ("wsdl", "xsd=1"):
                document = session.get(f"{url}/SipPulse/SubscriberWS?{query}", timeout=120)
                assert document.status_code == 200
        done = run_calls(url, CALLS, RATE)
    report = json.loads((folder / "report.json").read_text())
    assert {name: one["verdicts"] for name, one in report["operations"].items() if "?" in name} == {
        "SubscriberWS?wsdl": {"equal": 1}, "SubscriberWS?xsd=1": {"equal": 1},
    }  # fmt: skip
    assert report["totals"]["requests"] == CALLS + 2
    assert is_as_planted(report, done)
    with replayed_to(server) as third:
        assert is_as_planted(replay(folder, third.url), done)
