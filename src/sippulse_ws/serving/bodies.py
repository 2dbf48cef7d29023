"""Request bodies, read before a thread is taken: with a deadline, a least rate and a bound."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

from sippulse_ws.serving.rsgi import RsgiProtocol, RsgiScope

SMALL = 16 * 1024  # bytes; such bodies are awaited whole
LEAST_RATE = 1024  # bytes a second, once the time for the whole body is over
# How much of a body that is too large is still read, and dropped: a client does not look for an
# answer before it has sent all.
DROPPED = 64 * 1024 * 1024
# How many bodies of the largest allowed size a process holds at most.
_AT_ONCE = 16


class BodyTimeout(Exception):
    """The client did not send its body in time."""


class BodyBroken(Exception):
    """The body could not be read to its end: the client has gone, or its framing is wrong."""


class BodiesFull(Exception):
    """So many large bodies are being received that there is no memory for another one."""


class Bodies:
    """Reads bodies of at most `largest` bytes; of a larger one, one byte more."""

    def __init__(self, seconds: float, largest: int) -> None:
        self._seconds = seconds
        self._largest = largest
        self._held = 0  # bytes of large bodies
        self._reading: dict[asyncio.Task[Any], float] = {}  # when each has to be done

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
        except (RuntimeError, ValueError) as error:  # granian's errors; a length that is none
            raise BodyBroken from error
        finally:
            del self._reading[task]

    def end_late_ones(self, now: float) -> None:
        """To be called a few times a second."""
        for task in [task for task, end in self._reading.items() if end < now]:
            self._reading[task] = now + self._seconds  # so that it is not cancelled at every look
            task.cancel()

    def __len__(self) -> int:
        return len(self._reading)

    async def _read_pieces(
        self, proto: RsgiProtocol, task: asyncio.Task[Any], has_trailer: bool
    ) -> bytes:
        """The body; BodyBroken if it was cut off.

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
