"""The relay by itself, before a server that does what servers do at their worst."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from sippulse_ws.cutover.shadow.exchange import Exchange
from sippulse_ws.cutover.shadow.relay import (
    BadAddress,
    Relay,
    ServerAddress,
    listening_address,
    server_address,
)

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nx-ODD:  kept \r\nContent-Length: 2\r\n\r\nok"
REQUEST = b"POST /SipPulse/X HTTP/1.1\r\nHost: old\r\nContent-Length: 3\r\n\r\nabc"
PATIENCE = 60


class Stage:
    """A server that follows a script, and the relay before it."""

    def __init__(self) -> None:
        self.heard: list[Exchange] = []
        self.received = b""
        self.deaf = 0
        self.port = 0
        self.relay: Relay

    def grow_deaf(self) -> None:
        self.deaf += 1

    async def send(self, *pieces: bytes, end: bool = True) -> bytes:
        """What a client gets that sends these, until the connection ends."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.01)
        if end:
            writer.write_eof()
        try:
            return await asyncio.wait_for(reader.read(), PATIENCE)
        finally:
            writer.close()

    async def until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not done():
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def staged(script: Script) -> AsyncIterator[Stage]:
    stage = Stage()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await script(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = ServerAddress("127.0.0.1", server.sockets[0].getsockname()[1], False)
    stage.relay = Relay(address, stage.heard.append, stage.grow_deaf)
    stage.port = await stage.relay.start("127.0.0.1", 0)
    try:
        yield stage
    finally:
        await stage.relay.stop(0)
        server.close()


async def answer_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An answer for each request of 3 bytes."""
    while (await reader.readuntil(b"\r\n\r\n")) and await reader.readexactly(3):
        writer.write(ANSWER)
        if reader.at_eof():
            return


def run(script: Script, play: Callable[[Stage], Awaitable[None]]) -> None:
    async def main() -> None:
        async with staged(script) as stage:
            await play(stage)

    asyncio.run(main())


def test_bytes_go_both_ways_as_they_are() -> None:
    seen = b""
    odd = b"POST /a?b=%zz HTTP/1.1\r\nhost:  OLD \r\nX-y: \xe9\r\nContent-Length: 3\r\n\r\nabc"

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        seen = await reader.readexactly(len(odd))
        writer.write(ANSWER)

    async def play(stage: Stage) -> None:
        assert await stage.send(odd) == ANSWER
        assert seen == odd
        await stage.until(lambda: bool(stage.heard))
        (one,) = stage.heard
        assert (one.status, one.target, one.request.body) == (200, "/a?b=%zz", b"abc")
        assert one.answer.body == b"ok"

    run(script, play)


def test_requests_that_follow_each_other_on_one_connection_are_told_apart() -> None:
    async def play(stage: Stage) -> None:
        kept_alive = await stage.send(REQUEST, REQUEST[:20], REQUEST[20:] + REQUEST)
        assert kept_alive == ANSWER * 3
        await stage.until(lambda: len(stage.heard) == 3)
        assert {one.status for one in stage.heard} == {200}

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            await answer_all(reader, writer)

    run(script, play)


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n",
         b"abc"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 Oh\r\nContent-Length: 1\r\n\r\nx", b"x"),
    ],
    ids=["until-close", "chunked", "continue"],
)  # fmt: skip
def test_answers_in_every_framing(answer: bytes, body: bytes) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"abc")
        writer.write(answer)

    async def play(stage: Stage) -> None:
        assert await stage.send(REQUEST) == answer
        await stage.until(lambda: bool(stage.heard))
        assert stage.heard[0].answer.body == body
        assert stage.heard[0].answer.complete

    run(script, play)


def test_a_chunked_request_is_heard_whole() -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"0\r\n\r\n")
        writer.write(ANSWER)

    async def play(stage: Stage) -> None:
        await stage.send(head, b"3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n")
        await stage.until(lambda: bool(stage.heard))
        assert stage.heard[0].request.body == b"abcde"

    run(script, play)


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\nabc",
        b"BREW\r\n\r\nabc",
    ],
    ids=["tls", "bad-length", "no-http"],
)  # fmt: skip
def test_what_cannot_be_understood_is_handed_on_all_the_same(request_: bytes) -> None:
    seen = b""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        seen = await reader.readexactly(len(request_))
        writer.write(b"whatever")

    async def play(stage: Stage) -> None:
        assert await stage.send(request_) == b"whatever"
        assert seen == request_
        assert stage.deaf == 1
        assert stage.heard == []

    run(script, play)


def test_a_server_that_dies_in_its_answer_ends_the_clients_connection_there() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"abc")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    async def play(stage: Stage) -> None:
        assert (await stage.send(REQUEST)).endswith(b"\r\n\r\nhalf")
        await stage.until(lambda: bool(stage.heard))
        assert stage.heard[0].status == 0  # no answer that could be compared

    run(script, play)


def test_a_server_that_is_away_is_a_connection_that_ends() -> None:
    async def play(stage: Stage) -> None:
        stage.relay.server = stage.relay.server._replace(port=1)
        with contextlib.suppress(ConnectionError):
            assert await stage.send(REQUEST) == b""
        assert stage.relay.refused == 1

    run(answer_all, play)


def test_a_slow_server_is_waited_for_as_long_as_the_client_does() -> None:
    gone = asyncio.Event

    async def main() -> None:
        ended = gone()

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"abc")
            await reader.read()  # until the client gives up
            ended.set()

        async with staged(script) as stage:
            _, writer = await asyncio.open_connection("127.0.0.1", stage.port)
            writer.write(REQUEST)
            await asyncio.sleep(0.2)
            assert not ended.is_set()
            writer.close()
            await asyncio.wait_for(ended.wait(), PATIENCE)

    asyncio.run(main())


@pytest.mark.parametrize(
    "url", ["", "old", "ftp://old", "http://old/SipPulse", "http://:80", "http://old:x"]
)
def test_only_a_host_and_a_port_are_a_server(url: str) -> None:
    with pytest.raises(BadAddress):
        server_address(url)


def test_addresses() -> None:
    assert server_address("http://old:8080/") == ServerAddress("old", 8080, False)
    assert server_address("https://[::1]").url == "https://[::1]:443"
    assert listening_address("[::1]:80") == ("::1", 80)
    assert listening_address(":8080") == ("", 8080)
    for text in ("8080", "host:", "host:99999", "host:-1"):
        with pytest.raises(BadAddress):
            listening_address(text)
