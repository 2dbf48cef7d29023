"""Connections that nobody takes are told once a minute, and their end."""

import logging
import socket
from collections.abc import Iterator

import pytest

from sippulse_ws.serving.crowd import EVERY, Crowd
from sippulse_ws.serving.listening import listen


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    (one,) = listen("127.0.0.1", 0, 1)
    yield one
    one.close()


def test_connections_that_wait_are_told(
    listener: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "sippulse_ws.lifecycle")
    clock = Clock()
    crowd = Crowd(listener, 16, clock)

    def look(seconds: float) -> list[tuple[str, int]]:
        caplog.clear()
        clock.now += seconds
        crowd.look()
        return [(one.message, vars(one)["waiting"]) for one in caplog.records]

    assert look(1) == []
    clients = [socket.create_connection(listener.getsockname()) for _ in range(3)]
    assert look(1) == []  # one look is no more than a busy moment
    assert look(1) == [("connections wait", 3)]
    clients.append(socket.create_connection(listener.getsockname()))
    assert look(1) == []
    assert look(EVERY) == [("connections wait", 4)]
    taken = [listener.accept()[0] for _ in clients]
    assert look(1) == [("connections wait no more", 4)]
    assert look(EVERY) == []
    for one in (*clients, *taken):
        one.close()
