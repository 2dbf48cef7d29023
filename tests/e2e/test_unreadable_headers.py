"""Headers beyond ASCII: what changes the meaning of a request is never dropped."""

import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

KEY = {"username": "1001", "domain": "demo.example.com"}


def post(served: dict[str, Any], operation: str, header: bytes, **parameters: Any) -> bytes:
    """The whole answer to a request with this line in its head."""
    url = urlsplit(served["url"])
    principal = {"login": "demo", "password": served["logins"]["demo"]}
    body = json.dumps({**KEY, **parameters, "principal": principal}).encode()
    head = [
        f"POST /SipPulse/api/SubscriberWS/{operation} HTTP/1.1".encode(),
        b"Host: " + url.netloc.encode(),
        b"Content-Type: application/json",
        b"Content-Length: " + str(len(body)).encode(),
        b"User-Agent: caf\xc3\xa9",
        b"Connection: close",
        header,
    ]
    with socket.create_connection((url.hostname, url.port), timeout=60) as connection:
        connection.sendall(b"\r\n".join(head) + b"\r\n\r\n" + body)
        answer = b""
        while some := connection.recv(65536):
            answer += some
    return answer


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (b"Idempotency-Key: chave-\xc3\xa9", b"invalid-idempotency-key"),
        (b"Idempotency-Key: chave-\xe9", b"invalid-idempotency-key"),
        (b"X-Dry-Run: tru\xe9", b"invalid-dry-run"),
        (b"If-Match: \xe9", b"precondition-unsupported"),
    ],
)
def test_what_changes_the_meaning_is_refused(
    header: bytes, code: bytes, demo_server: dict[str, Any]
) -> None:
    before = credit(demo_server)
    answer = post(demo_server, "addCredit", header, value=1)
    assert b"422" in answer.splitlines()[0]
    assert b'"code":"' + code + b'"' in answer
    assert credit(demo_server) == before


def test_other_headers_are_none(demo_server: dict[str, Any]) -> None:
    answer = post(demo_server, "retrieveCredit", b"X-Other: \xe9")
    assert b"200" in answer.splitlines()[0]


def credit(served: dict[str, Any]) -> float:
    address = f"{served['url']}/SipPulse/api/SubscriberWS/retrieveCredit"
    login = ("demo", served["logins"]["demo"])
    return float(requests.post(address, json=KEY, auth=login, timeout=60).json()["return"])
