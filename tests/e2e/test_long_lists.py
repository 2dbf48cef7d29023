"""Lists too long for memory, and clients that do not read them."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from sippulse_ws.models import Rate
from sippulse_ws.wire.spooled import IN_MEMORY
from tests.fixtures.server import LOGIN, Server
from tests.soap import ENVELOPE, principal_xml

RATES = 40_000  # 6 MB: more than a socket takes without a reader, or a worker in memory
DOMAIN = "<domain>example.com</domain>"
SECONDS = 200  # for sixteen lists, on a busy machine


@pytest.fixture(scope="module")
def server(installed_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("serve") / "log"
    running = Server(installed_url, log, OPERATION_SECONDS=str(SECONDS))
    yield running
    running.stop()


@pytest.fixture(scope="module", autouse=True)
def rates(server: Server, installed_url: str) -> None:
    engine = sa.create_engine(installed_url, hide_parameters=True)
    row = {"domain": "example.com", "rate_id": 1, "name": "LOCALIDADE", "rate_value": Decimal(1)}
    with engine.begin() as db:
        db.execute(sa.insert(Rate), [row | {"prefix": f"55{n:05}"} for n in range(RATES)])
    engine.dispose()


@pytest.fixture
def slow_clients(server: Server) -> Iterator[list[socket.socket]]:
    """They ask for all rates, and read none."""
    text = ENVELOPE.format(operation="listRatesByParams", body=DOMAIN + principal_xml(LOGIN))
    head = "POST /SipPulse/RateWS HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"
    request = f"{head}Content-Length: {len(text.encode())}\r\n\r\n{text}".encode()
    clients = []
    for _ in range(16):  # more than the server has threads
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", server.port))
        client.sendall(request)
        clients.append(client)
    yield clients
    for client in clients:
        client.close()


def open_answers(server: Server) -> int:
    """Files without a name that the workers have open."""
    links = []
    for worker in server.workers():
        for link in Path(f"/proc/{worker}/fd").iterdir():
            with suppress(OSError):
                links.append(str(link.readlink()))
    answers = [one for one in links if one.startswith("/") and one.endswith("(deleted)")]
    return sum("sippulse-ws-" not in one for one in answers)  # that is a lock


def wait_for_answers(server: Server, count: int, at_most: int = 0) -> None:
    deadline = time.monotonic() + SECONDS
    while open_answers(server) != count and time.monotonic() < deadline:
        time.sleep(0.1)
    assert count <= open_answers(server) <= max(count, at_most)


def test_a_long_list_is_whole(server: Server) -> None:
    answer = server.post("RateWS", "listRatesByParams", DOMAIN)
    assert int(answer.headers["Content-Length"]) == len(answer.content) > IN_MEMORY
    assert answer.text.count("<rate>") == RATES
    assert answer.text.endswith("</S:Envelope>")


@pytest.mark.timeout(600)
def test_clients_that_do_not_read_hold_up_nobody(
    server: Server, slow_clients: list[socket.socket]
) -> None:
    wait_for_answers(server, 16)
    for _ in range(16):
        assert server.post("DomainWS", "listDomains", "").ok
    for client in slow_clients:
        client.close()
    wait_for_answers(server, 0, at_most=2)  # the server notices a lost client at its next write
    test_a_long_list_is_whole(server)
