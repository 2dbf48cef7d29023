"""Reads request bodies before a thread is taken: with deadline, minimum rate and maximum size."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

from sippulse_ws.serving.rsgi import RsgiProtocol, RsgiScope

SMALL = 16 * 1024  # bytes; bodies up to this size are read in one piece
LEAST_RATE = 1024  # bytes a second, required once the time for a whole body is over
# How much of a too large body is still read and dropped, since clients send all of it before they
# read the answer.
DROPPED = 64 * 1024 * 1024
# A process holds as many bytes of large bodies as so many of the largest allowed size have.
_AT_ONCE = 16


class BodyTimeout(Exception):
    """The client did not send its whole body in time."""


class BodyBroken(Exception):
    """The body could not be read to its end: the client disconnected, or its framing is wrong."""


class BodiesFull(Exception):
    """Too many large bodies are being received to hold another one in memory."""


class Bodies:
    """Reads bodies; of one above `largest` bytes, returns one byte more than that."""

    def __init__(self, seconds: float, largest: int) -> None:
        self._seconds = seconds
        self._largest = largest
        self._held = 0  # bytes of large bodies in memory
        self._reading: dict[asyncio.Task[Any], float] = {}  # the deadline of each

    async def read(self, scope: RsgiScope, proto: RsgiProtocol) -> bytes:
        length = scope.headers.get("content-length")
        task = asyncio.current_task()
        assert task is not None
        self._reading[task] = monotonic() + self._seconds
        try:
            if length is not None and len(length) < 6 and int(length) <= SMALL:
                return await proto()
            body = await self._read_pieces(proto, task, "trailer" in scope.headers)
            if length is not None and len(body) < min(int(length), self._largest + 1):
                raise BodyBroken
            return body
        except asyncio.CancelledError:
            raise BodyTimeout from None
        except (RuntimeError, ValueError) as error:  # granian's errors; a bad Content-Length
            raise BodyBroken from error
        finally:
            del self._reading[task]

    def end_late_ones(self, now: float) -> None:
        """Cancel reads past their deadline. To be called a few times a second."""
        for task in [task for task, end in self._reading.items() if end < now]:
            self._reading[task] = now + self._seconds  # not to cancel it again at the next look
            task.cancel()

    def __len__(self) -> int:
        return len(self._reading)

    async def _read_pieces(
        self, proto: RsgiProtocol, task: asyncio.Task[Any], has_trailer: bool
    ) -> bytes:
        """The body in one piece. Raises BodyBroken if it was cut off.

        granian gives an empty piece at the end, and one more for an error or for a trailer.
        """
        pieces: list[bytes] = []
        received = held = empty = 0
        begun = monotonic()
        try:
            async for piece in proto:
                empty += not piece
                received += len(piece)
                self._reading[task] = begun + self._seconds + received / LEAST_RATE
                if received > self._largest + DROPPED:
                    break
                room = self._largest + 1 - held
                if room > 0:
                    pieces.append(piece[:room])
                    held += len(pieces[-1])
                    self._held += len(pieces[-1])
                    if self._held > _AT_ONCE * self._largest:
                        raise BodiesFull
            if empty > 1 and not has_trailer:
                raise BodyBroken
            return b"".join(pieces)
        finally:
            self._held -= held
