"""Long answers: what a server gets to send, and whose thread it takes for that."""

import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path
from threading import Semaphore
from types import SimpleNamespace

import pytest

from sippulse_ws.wire.spooled import IN_MEMORY, Spooled, SpoolError
from tests.unit.wire.soap import Client

LONG = [b"a" * IN_MEMORY, b"b"]


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1700])
def test_an_iterator_is_written_as_a_list_is(count: int) -> None:
    rows = [SimpleNamespace(id=number, domain=f"ação{number}") for number in range(count)]
    listed = Client("DomainWS", rows).call("listDomains", "")
    assert Client("DomainWS", iter(rows)).call("listDomains", "").body == listed.body
    assert listed.body.count(b"<id>") == count


def test_a_short_answer_is_a_list_and_takes_no_sender() -> None:
    senders = Semaphore(1)
    body = Spooled([b"abc", b"def"])
    assert len(body) == 6
    assert body.handed_over(senders) == [b"abcdef"]
    assert senders.acquire(blocking=False)


@pytest.mark.parametrize("end", ["read", "broken off", "refused"])
def test_a_long_answer_takes_a_sender_until_its_end(end: str) -> None:
    senders = Semaphore(1)
    body = Spooled(LONG)
    assert body.handed_over(senders) is body
    # the next one finds none
    assert Spooled(LONG).handed_over(senders) == [b"".join(LONG)]
    if end == "read":
        assert b"".join(body) == b"".join(LONG)
    elif end == "broken off":
        next(iter(body))
    body.close()
    body.close()
    assert senders.acquire(blocking=False)
    assert not senders.acquire(blocking=False)  # given back once


def test_a_long_answer_without_a_place_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    Spooled(LONG[1:]).close()
    with pytest.raises(SpoolError, match="none"):
        Spooled(LONG)


@pytest.mark.parametrize("last", [b"c" * 10, b"c" * 1_000_000])
def test_a_full_disk_is_told_as_such(last: bytes) -> None:
    """The end of a short piece is written only when all is read back."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (IN_MEMORY + 5, hard))
    try:
        with pytest.raises(SpoolError):
            Spooled([*LONG, last])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_an_error_between_pieces_leaves_nothing_open() -> None:
    def pieces() -> Iterator[bytes]:
        yield from LONG
        raise LookupError

    with pytest.raises(LookupError):
        Spooled(pieces())
