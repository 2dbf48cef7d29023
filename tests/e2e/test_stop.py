"""`serve` ends when it is told to, whatever its clients are doing."""

import socket
from pathlib import Path

import pytest

from tests.fixtures.server import Server
from tests.soap import ENVELOPE, principal_xml


@pytest.mark.engines("sqlite")
def test_clients_that_left_during_slow_logins_do_not_hold_it(
    installed_url: str, tmp_path: Path
) -> None:
    server = Server(installed_url, tmp_path / "log")
    connections = []
    for number in range(60):  # argon2 takes its time for each of them
        principal = principal_xml({"login": f"nobody{number}", "password": "wrong"})
        body = ENVELOPE.format(operation="listDomains", body=principal).encode()
        head = (
            "POST /SipPulse/DomainWS HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        connection = socket.create_connection(("127.0.0.1", server.port))
        connection.sendall(head.encode() + body)
        connections.append(connection)
    for connection in connections:
        connection.close()
    server.stop()
