"""A body that ends before its end is none, however it was announced."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from sippulse_ws.serving.bodies import SMALL, Bodies, BodyBroken

LARGEST = 10 * SMALL


class Sent:
    """What granian gives: pieces, an empty one for an error, an empty one for the end."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


def read(sent: Any, **headers: str) -> bytes:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    scope: Any = SimpleNamespace(headers=named)

    async def go() -> bytes:
        return await Bodies(5, LARGEST).read(scope, sent)

    return asyncio.run(go())


def test_whole_ones_are_read() -> None:
    long = b"x" * (2 * SMALL)
    assert read(Sent(b"ab", b"c", b"")) == b"abc"
    assert read(Sent(long, b""), content_length=str(len(long))) == long
    assert read(Sent(b"abc", b"", b""), trailer="Digest") == b"abc"


def test_of_one_that_is_too_large_a_byte_more_is_read() -> None:
    size = LARGEST + SMALL
    assert len(read(Sent(b"x" * size, b""), content_length=str(size))) == LARGEST + 1


@pytest.mark.parametrize("headers", [{}, {"content_length": str(2 * SMALL)}])
def test_those_that_break_off_are_none(headers: dict[str, str]) -> None:
    with pytest.raises(BodyBroken):
        read(Sent(b"abc", b"", b""), **headers)


def test_fewer_bytes_than_announced_are_none() -> None:
    with pytest.raises(BodyBroken):
        read(Sent(b"abc", b""), content_length=str(2 * SMALL), trailer="Digest")
