"""Parses the traffic of one connection, in both directions, into exchanges.

It gets bytes that have been forwarded already. If it cannot parse something, it ignores the rest of
the connection, without any effect on the client.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

import h11

from sippulse_ws.cutover.shadow.exchange import Exchange

_LARGEST_HEAD = 256 * 1024
LONGEST_QUEUE = 1000  # requests of a connection that wait for an answer


class Wiretap:
    """`heard` gets each exchange when its answer is complete, or will not come any more.

    `deafened` is called once, when the rest cannot be parsed.
    """

    def __init__(
        self, client: str, heard: Callable[[Exchange], None], deafened: Callable[[], None]
    ) -> None:
        self._is_deaf = False
        self._deafened = deafened
        self._client = client
        self._heard = heard
        self._open: deque[Exchange] = deque()
        self._requests = h11.Connection(h11.SERVER, _LARGEST_HEAD)
        self._answers: h11.Connection | None = None
        self._being_sent: Exchange | None = None

    @property
    def is_idle(self) -> bool:
        """Whether every request has been answered."""
        return not self._open and not self._is_deaf

    def from_client(self, data: bytes) -> None:
        self._listen(self._take_request, data)

    def from_server(self, data: bytes) -> None:
        self._listen(self._take_answer, data)

    def end(self) -> None:
        """The connection has ended, regularly or not."""
        with suppress(h11.ProtocolError):
            self._take_answer(b"")
        while self._open:
            exchange = self._open.popleft()
            exchange.status = 0  # an incomplete answer counts as none
            self._finish(exchange)

    def _listen(self, take: Callable[[bytes], None], data: bytes) -> None:
        if self._is_deaf:
            return
        try:
            take(data)
        except h11.ProtocolError:
            self._grow_deaf()

    def _take_request(self, data: bytes) -> None:
        self._requests.receive_data(data)
        while True:
            event = self._requests.next_event()
            if isinstance(event, h11.Request):
                self._begin(event)
            elif isinstance(event, h11.Data) and self._being_sent is not None:
                self._being_sent.request.add(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage) and self._being_sent is not None:
                self._being_sent.sent = monotonic()
                self._being_sent.request.complete = True
                self._being_sent = None
                rest, _ = self._requests.trailing_data
                self._requests = h11.Connection(h11.SERVER, _LARGEST_HEAD)
                if rest:
                    self._requests.receive_data(rest)
            else:
                return

    def _begin(self, event: h11.Request) -> None:
        if len(self._open) == LONGEST_QUEUE:
            raise h11.RemoteProtocolError("too many requests without an answer")
        exchange = Exchange(
            client=self._client,
            method=event.method.decode("ascii"),
            target=event.target.decode("latin-1"),
            version=event.http_version.decode("ascii"),
            began=monotonic(),
        )
        exchange.request.headers = event.headers.raw_items()
        self._open.append(exchange)
        self._being_sent = exchange

    def _take_answer(self, data: bytes) -> None:
        """Parse bytes of an answer; empty `data` is the end of the connection."""
        while self._open:
            exchange = self._open[0]
            if self._answers is None:
                if not data:
                    return
                self._answers = _expecting(exchange.method)
            self._answers.receive_data(data)
            if not self._take_events(exchange, self._answers):
                return
            data, _ = self._answers.trailing_data
            self._answers = None
            self._open.popleft()
            self._finish(exchange)
            if not data:
                return

    def _take_events(self, exchange: Exchange, answers: h11.Connection) -> bool:
        """Parse the events there are; returns whether the answer is complete."""
        while True:
            event = answers.next_event()
            if isinstance(event, h11.Response):
                exchange.status = event.status_code
                exchange.answer.headers = event.headers.raw_items()
            elif isinstance(event, h11.Data):
                exchange.answer.add(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                exchange.answer.complete = True
                return True
            elif not isinstance(event, h11.InformationalResponse):
                return False

    def _finish(self, exchange: Exchange) -> None:
        exchange.ended = monotonic()
        if exchange is self._being_sent:  # answered before it was complete
            self._grow_deaf()
        self._heard(exchange)

    def _grow_deaf(self) -> None:
        self._is_deaf = True
        self._answers = self._being_sent = None
        self._open.clear()
        self._deafened()


def _expecting(method: str) -> h11.Connection:
    """A parser for the answer to a request with this method."""
    made = h11.Connection(h11.CLIENT, _LARGEST_HEAD)
    made.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
    made.send(h11.EndOfMessage())
    return made
