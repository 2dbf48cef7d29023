"""Addresses of both families, as the application and the log have them."""

from types import SimpleNamespace
from typing import Any

import pytest

from sippulse_ws.serving.environ import Received, client_address, environ_of


class _NoHeaders(dict[str, str]):
    """As granian's: `items` is a list."""

    def items(self) -> Any:
        return []


def scope(server: str, client: str) -> Any:
    return SimpleNamespace(
        headers=_NoHeaders(),
        authority=None,
        method="GET",
        path="/",
        query_string="",
        server=server,
        client=client,
        http_version="1",
        scheme="http",
    )


@pytest.mark.parametrize(
    ("client", "host"),
    [
        ("192.0.2.7:5000", "192.0.2.7"),
        ("[2001:db8::7]:5000", "2001:db8::7"),
        ("[::ffff:192.0.2.7]:5000", "192.0.2.7"),  # of a socket for both families
        ("[::ffff]:5000", "::ffff"),
    ],
)
def test_a_client_is_the_same_by_each_socket(client: str, host: str) -> None:
    one = scope("127.0.0.1:80", client)
    assert client_address(one, 0) == host
    environ = environ_of(Received(one, b"", 0.0), None)
    assert (environ["REMOTE_ADDR"], environ["REMOTE_PORT"]) == (host, "5000")


@pytest.mark.parametrize("server", ["192.0.2.1:8080", "[2001:db8::1]:8080"])
def test_the_server_s_own_address_can_stand_in_a_url(server: str) -> None:
    environ = environ_of(Received(scope(server, "192.0.2.7:5000"), b"", 0.0), None)
    assert f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}" == server
