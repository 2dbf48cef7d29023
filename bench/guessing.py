"""Wrong logins at a steady rate, from one address or from many: `python -m bench.guessing`.

Usage: python -m bench.guessing URL RATE ADDRESSES NAMES SECONDS; NAMES is made-up, or a list.

Open loop: a try is sent when its time has come, whatever became of those before. Prints how many
were sent and answered.
"""

from __future__ import annotations

import json
import secrets
import selectors
import socket
import sys
import time
from urllib.parse import urlsplit

from bench.soap import ENVELOPE, HEADERS

MADE_UP = "made-up"
PATH = "/SipPulse/DomainWS"
PRINCIPAL = "<principal><login>{login}</login><password>{password}</password></principal>"


def request(login: str, password: str) -> bytes:
    principal = PRINCIPAL.format(login=login, password=password)
    body = ENVELOPE.format(operation="listDomains", arguments=principal).encode()
    lines = [f"POST {PATH} HTTP/1.1", "Host: bench", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in HEADERS.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def address_of(number: int) -> str:
    """On loopback, each in a /24 of its own."""
    return f"127.{1 + number // 250}.{1 + number % 250}.1"


class Guesser:
    """Keeps connections for each address, and takes a free one for each try."""

    def __init__(self, url: str, addresses: int) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname, parts.port)
        self._free: list[list[socket.socket]] = [[] for _ in range(addresses)]
        self._selector = selectors.DefaultSelector()
        self.sent = self.answered = 0

    def send(self, number: int, data: bytes) -> None:
        free = self._free[number]
        connection = free.pop() if free else self._connect(number)
        try:
            connection.sendall(data)
        except OSError:
            self._drop(connection)
            return
        self.sent += 1

    def take_answers(self, seconds: float) -> None:
        for key, _ in self._selector.select(max(0, seconds)):
            connection, number = key.fileobj, key.data
            assert isinstance(connection, socket.socket)
            try:
                data = connection.recv(65536)
            except OSError:
                data = b""
            if not data:
                self._drop(connection)
                continue
            self.answered += 1
            self._free[number].append(connection)

    def _connect(self, number: int) -> socket.socket:
        connection = socket.socket()
        connection.bind((address_of(number), 0))
        connection.connect(self._target)
        self._selector.register(connection, selectors.EVENT_READ, number)
        return connection

    def _drop(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        connection.close()


def main() -> int:
    url, rate, addresses, names, seconds = sys.argv[1:]
    real = [] if names == MADE_UP else names.split(",")
    guesser = Guesser(url, int(addresses))
    started = time.monotonic()
    number = 0
    while (now := time.monotonic() - started) < float(seconds):
        due = number / float(rate)
        if now < due:
            guesser.take_answers(due - now)
            continue
        login = real[number % len(real)] if real else secrets.token_hex(6)
        guesser.send(number % int(addresses), request(login, secrets.token_hex(6)))
        number += 1
        guesser.take_answers(0)
    guesser.take_answers(1)
    print(json.dumps({"sent": guesser.sent, "answered": guesser.answered}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
