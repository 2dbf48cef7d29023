"""A line in the log for each request that no thread ran, under the id that its client was told."""

import json
import re
import socket
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from sippulse_ws.observability.line_limit import AT_ONCE
from tests.fixtures.server import LOGIN, Server
from tests.soap import ENVELOPE, principal_xml

HEAD = "{line}\r\nHost: x\r\nX-Request-Id: from-crm\r\nX-Forwarded-For: 192.0.2.66, 203.0.113.5\r\n"
POST = HEAD.format(line="POST /SipPulse/SubscriberWS HTTP/1.1") + "Content-Type: text/xml\r\n"
CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n"
PATH = "/SipPulse/SubscriberWS"
# Fault, path, request and status; no answer where the client has gone.
REQUESTS = (
    ("body-timeout", PATH, POST + "Content-Length: 1000\r\n\r\n<S:", 408),
    ("body-broken", PATH, CHUNKED + "4\r\n<S:E\r\nno size\r\n", 400),
    ("bad-path", "/\ufffd", HEAD.format(line="GET /%ff HTTP/1.1") + "\r\n", 404),
    ("bad-path", f"{PATH}\ufffd", POST.replace("WS HTTP", "WS%fe HTTP") + "\r\n", 404),
    ("not-found", "/cgi-bin/é", HEAD.format(line="GET /cgi-bin/%C3%A9 HTTP/1.0") + "\r\n", 404),
    ("not-found", f"{PATH}/", POST.replace("WS HTTP", "WS/ HTTP") + "\r\n", 404),
)
BROKEN_OFF = (
    POST + "Content-Length: 1000\r\n\r\n<S:",
    POST + "Content-Length: 100000\r\n\r\n<S:",
    CHUNKED + "4\r\n<S:E\r\n",
)
SECONDS = 60


def lines_of(server: Server, least: int = 1, **wanted: str) -> list[dict[str, Any]]:
    """What the log says, as soon as it says so much."""
    end = time.monotonic() + SECONDS
    while True:
        lines = [one for one in server.log.read_text().splitlines() if one.startswith("{")]
        found = [line for line in map(json.loads, lines) if wanted.items() <= line.items()]
        if len(found) >= least or time.monotonic() > end:
            return found
        time.sleep(0.1)


@pytest.fixture(scope="module")
def server(installed_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("serve") / "log"
    one = Server(installed_url, log, ("--workers", "1"), BODY_SECONDS="2", TRUSTED_PROXIES="1")
    yield one
    one.stop()


def unserved(server: Server, fault: str) -> float:
    page = server.get("/metrics").text
    found = re.search(rf'unserved_requests_total{{fault="{fault}"}} (\S+)', page)
    assert found is not None
    return float(found[1])


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(("fault", "path", "request_", "status"), REQUESTS)
def test_a_request_that_becomes_no_operation_leaves_its_line(
    server: Server, fault: str, path: str, request_: str, status: int
) -> None:
    before = unserved(server, fault)
    with socket.create_connection(("127.0.0.1", server.port), SECONDS) as client:
        client.sendall(request_.encode())
        answer = client.recv(4096).decode()
    assert re.match(rf"HTTP/1.[01] {status} ", answer)
    told = re.search(r"x-request-id: (\w{16})", answer, re.IGNORECASE)
    assert told is not None
    (line,) = lines_of(server, fault=fault, request_id=told[1])
    assert (line["client_request_id"], line["address"]) == ("from-crm", "203.0.113.5")
    assert (line["event"], line["outcome"], line["path"]) == ("operation", "refused", path)
    assert unserved(server, fault) == before + 1


@pytest.mark.engines("sqlite")
def test_a_client_that_goes_in_the_middle_of_its_body_leaves_its_line(server: Server) -> None:
    before = len(lines_of(server, 0, fault="body-broken"))
    for number, request in enumerate(BROKEN_OFF):
        with socket.create_connection(("127.0.0.1", server.port), SECONDS) as client:
            client.sendall(request.encode())
            if number == 0:  # with RST instead of FIN
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        lines = lines_of(server, before + number + 1, fault="body-broken")
        assert len(lines) == before + number + 1
        assert lines[-1]["path"] == PATH


@pytest.mark.engines("sqlite")
def test_an_envelope_in_a_body_that_breaks_off_is_not_run(server: Server) -> None:
    envelope = ENVELOPE.format(operation="listDomains", body=principal_xml(LOGIN)).encode()
    size = f"{len(envelope):x}\r\n".encode()
    request = CHUNKED.replace("SubscriberWS", "DomainWS").encode() + size + envelope + b"\r\n"
    before = len(lines_of(server, 0, fault="body-broken"))
    with socket.create_connection(("127.0.0.1", server.port), SECONDS) as client:
        client.sendall(request)
    assert len(lines_of(server, before + 1, fault="body-broken")) == before + 1
    assert lines_of(server, 0, operation="listDomains") == []


@pytest.mark.timeout(900)
@pytest.mark.engines("sqlite")
def test_a_flood_of_them_does_not_fill_the_disk(installed_url: str, tmp_path: Path) -> None:
    server = Server(installed_url, tmp_path / "log", ("--workers", "1"))
    with requests.Session() as session:
        for number in range(1000):
            session.get(f"{server.base}/nothing-{number}", timeout=SECONDS)
    assert unserved(server, "not-found") == 1000
    server.stop()
    lines = lines_of(server, 0, fault="not-found")
    assert AT_ONCE <= len(lines) < 1000
    assert len(lines) + sum(line.get("left_out", 0) for line in lines) <= 1000


@pytest.mark.engines("sqlite")
def test_connections_beyond_the_limit_are_told(installed_url: str, tmp_path: Path) -> None:
    server = Server(installed_url, tmp_path / "log", ("--workers", "1"), CONNECTIONS="16")
    held = [socket.create_connection(("127.0.0.1", server.port), SECONDS) for _ in range(20)]
    (line,) = lines_of(server, event="connections wait")
    assert line["taken"] == 16
    assert 1 <= line["waiting"] <= 20
    for one in held:
        one.close()
    assert lines_of(server, event="connections wait no more")
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
    assert {line["request_id"] for line in lines_of(server, fault="busy")} == busy
    assert len(busy) >= 3
