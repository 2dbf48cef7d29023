"""A line in the log for each request that no thread ran, under the id that its client was told."""

import json
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.fixtures.server import Server

HEAD = "{line}\r\nHost: x\r\nX-Request-Id: from-crm\r\nX-Forwarded-For: 192.0.2.66, 203.0.113.5\r\n"
POST = HEAD.format(line="POST /SipPulse/SubscriberWS HTTP/1.1") + "Content-Type: text/xml\r\n"
REQUESTS = {
    "body-timeout": (POST + "Content-Length: 1000\r\n\r\n<S:", 408),
}
SECONDS = 30


def lines_of(server: Server, fault: str) -> list[dict[str, Any]]:
    """What the log says of a fault, as soon as it says something."""
    end = time.monotonic() + SECONDS
    while True:
        lines = [one for one in server.log.read_text().splitlines() if one.startswith("{")]
        found = [line for line in map(json.loads, lines) if line.get("fault") == fault]
        if found or time.monotonic() > end:
            return found
        time.sleep(0.1)


@pytest.mark.engines("sqlite")
def test_a_request_that_never_came_in_whole_leaves_its_line(
    installed_url: str, tmp_path: Path
) -> None:
    server = Server(installed_url, tmp_path / "log", BODY_SECONDS="1", TRUSTED_PROXIES="1")
    for fault, (request, status) in REQUESTS.items():
        with socket.create_connection(("127.0.0.1", server.port), SECONDS) as client:
            client.sendall(request.encode())
            answer = client.recv(4096).decode()
        assert answer.startswith(f"HTTP/1.1 {status} "), fault
        told = re.search(r"x-request-id: (\w{16})", answer, re.IGNORECASE)
        (line,) = lines_of(server, fault)
        assert told is not None
        assert line["request_id"] == told[1]
        assert (line["client_request_id"], line["address"]) == ("from-crm", "203.0.113.5")
        assert (line["event"], line["outcome"]) == ("operation", "refused")
        assert line["path"] == "/SipPulse/SubscriberWS"
    server.stop()


@pytest.mark.engines("mariadb")
def test_each_request_that_is_turned_away_leaves_its_line(
    installed_url: str, tmp_path: Path
) -> None:
    settings = {"QUEUE_SIZE": "1", "POOL_SIZE": "1", "OPERATION_SECONDS": "30"}
    server = Server(installed_url, tmp_path / "log", ("--workers", "1"), **settings)
    engine = sa.create_engine(installed_url)
    with ThreadPoolExecutor(6) as clients, engine.connect() as db:
        db.execute(sa.text("LOCK TABLES domain WRITE"))
        calls = [clients.submit(server.post, "DomainWS", "listDomains", "") for _ in range(6)]
        while sum(one.done() for one in calls) < 3:
            time.sleep(0.05)
        db.execute(sa.text("UNLOCK TABLES"))
        answers = [one.result() for one in calls]
    engine.dispose()
    server.stop()
    busy = {one.headers["X-Request-Id"] for one in answers if "Server busy" in one.text}
    assert {line["request_id"] for line in lines_of(server, "busy")} == busy
    assert len(busy) >= 3
