"""Sends requests to the other server, in an order that lets their answers be compared."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from time import monotonic
from typing import NamedTuple

import httpx

from sippulse_ws.cutover.shadow.exchange import HttpMessage
from sippulse_ws.cutover.shadow.operations import Reach

_TIMEOUT = 60.0  # seconds that an answer may take
# Headers of one connection only, or made anew for the other server.
_OWN = frozenset(
    "connection content-encoding content-length content-type expect forwarded host http2-settings "
    "keep-alive proxy-authorization proxy-connection te trailer transfer-encoding upgrade "
    "x-forwarded-for".split()
)


class Mirrored(NamedTuple):
    """The other server's answer; status 0: there was none."""

    status: int
    message: HttpMessage
    milliseconds: float


class Ordering:
    """Lets a request wait for earlier ones of the same account, if one of the two changes it."""

    def __init__(self) -> None:
        self._open: dict[asyncio.Future[None], tuple[Reach, bool]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def take(self, reach: Reach, changes: bool) -> Turn:
        """Take a place in the queue. Call it in the order in which clients got their answers."""
        before = [
            future
            for future, (other, changed) in self._open.items()
            if (changes or changed) and reach.overlaps(other)
        ]
        own: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._open[own] = (reach, changes)
        return Turn(self._open, own, before)


class Turn:
    def __init__(
        self,
        everybody: dict[asyncio.Future[None], tuple[Reach, bool]],
        own: asyncio.Future[None],
        before: list[asyncio.Future[None]],
    ) -> None:
        self._everybody, self._own, self._before = everybody, own, before

    @asynccontextmanager
    async def waited_for(self) -> AsyncIterator[None]:
        try:
            for future in self._before:
                await asyncio.shield(future)
            yield
        finally:
            self._everybody.pop(self._own, None)
            if not self._own.done():
                self._own.set_result(None)


class Mirror:
    """The other server. No write is sent twice, since it may have been done without an answer."""

    def __init__(self, url: str, concurrency: int, *, verify: bool = True) -> None:
        self._url = url
        self._slots = asyncio.Semaphore(concurrency)
        limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
        self._reads = httpx.AsyncClient(
            timeout=_TIMEOUT, limits=limits, verify=verify, trust_env=False
        )
        # each write has a new connection, since the server may be closing an idle one
        anew = httpx.Limits(max_connections=concurrency, max_keepalive_connections=0)
        self._writes = httpx.AsyncClient(
            timeout=_TIMEOUT, limits=anew, verify=verify, trust_env=False
        )

    async def close(self) -> None:
        await self._reads.aclose()
        await self._writes.aclose()

    async def send(
        self,
        target: str,
        headers: Iterable[tuple[str, str]],
        body: bytes,
        *,
        changes: bool,
        method: str = "POST",
    ) -> Mirrored:
        async with self._slots:
            begun = monotonic()
            client = self._writes if changes else self._reads
            request = client.build_request(
                method, self._url + target, content=body or None, headers=list(headers)
            )
            try:
                answer = await self._answer(client, request, again=not changes)
            except httpx.HTTPError:
                return Mirrored(0, HttpMessage(), (monotonic() - begun) * 1000)
            message = HttpMessage(headers=answer.headers.raw, complete=True)
            message.add(answer.content)
            # httpx has decompressed it
            message.headers = [
                one for one in message.headers if one[0].lower() != b"content-encoding"
            ]
            return Mirrored(answer.status_code, message, (monotonic() - begun) * 1000)

    async def _answer(
        self, client: httpx.AsyncClient, request: httpx.Request, *, again: bool
    ) -> httpx.Response:
        try:
            return await client.send(request)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            if not again:
                raise
            return await client.send(request)  # the idle connection was closed


def forwarded_headers(message: HttpMessage, client: str) -> list[tuple[str, str]]:
    """The headers that the other server gets, besides those of the content."""
    kept = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in message.headers
        if name.decode("latin-1").lower() not in _OWN
    ]
    before = message.header("X-Forwarded-For")
    return [*kept, ("X-Forwarded-For", f"{before}, {client}" if before else client)]


def content_headers(message: HttpMessage) -> list[tuple[str, str]]:
    """Content-Type and Content-Encoding, unchanged."""
    return [
        (name, value)
        for name in ("Content-Type", "Content-Encoding")
        if (value := message.header(name))
    ]
