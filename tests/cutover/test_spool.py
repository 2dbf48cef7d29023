"""What waits to be compared: nothing of it is lost while there is room, and nothing can be read."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sippulse_ws.cutover.shadow.exchange import Exchange
from sippulse_ws.cutover.shadow.shadow import Handover
from sippulse_ws.cutover.shadow.spool import Spool
from tests.cutover.exchanges import exchange

FRAME = 4 + 16  # bytes beside each message


Spools = Callable[[int], Spool]


@pytest.fixture
def spool_of(tmp_path: Path) -> Iterator[Spools]:
    """An open one of so many bytes."""
    made: list[Spool] = []

    def make(most: int) -> Spool:
        made.append(Spool(tmp_path, most))
        return made[-1]

    yield make
    for one in made:
        one.close()


@given(st.lists(st.one_of(st.binary(max_size=300), st.none()), max_size=60))
def test_messages_come_out_as_they_went_in(course: list[bytes | None]) -> None:
    """None takes one out; everything goes round in a ring that is small."""
    with closing(Spool(Path(tempfile.gettempdir()), 1000)) as spool:
        follow(spool, course)


def follow(spool: Spool, course: list[bytes | None]) -> None:
    waiting = list[bytes]()
    for message in course:
        if message is None:
            assert spool.take() == (waiting.pop(0) if waiting else None)
            continue
        room = 1000 - sum(len(one) + FRAME for one in waiting)
        assert spool.put(message) == (len(message) + FRAME <= room)
        if len(message) + FRAME <= room:
            waiting.append(message)
        assert len(spool) == len(waiting)
    assert [spool.take() for _ in waiting] == waiting
    assert spool.take() is None


def test_nothing_on_the_disk_can_be_read(tmp_path: Path, spool_of: Spools) -> None:
    spool = spool_of(10_000)
    assert spool.put(b"a-Secret-0" * 50)
    assert list(tmp_path.iterdir()) == []  # it ends with the process, killed or not
    written = os.pread(spool._file.fileno(), 10_000, 0)
    assert len(written) > 500
    assert b"Secret" not in written


def test_what_nobody_takes_for_long_is_all_there(spool_of: Spools) -> None:
    handover = Handover(spool_of(64 * 1024**2))
    handover.start()
    for number in range(5000):
        handover.put(exchange("retrieveCredit", str(number)))
    handover.end()
    assert (len(handover), handover.lost, handover.is_ended) == (5000, 0, True)
    for number in range(5000):
        taken = handover.take()
        assert taken is not None
        assert f"<username>{number}<".encode() in taken.request.body
    assert handover.take() is None


def test_what_finds_no_room_is_counted(spool_of: Spools) -> None:
    handover = Handover(spool_of(20_000))
    handover.start()
    for number in range(100):
        handover.put(exchange("retrieveCredit", str(number)))
    handover.end()
    kept = list[Exchange]()
    while taken := handover.take():
        kept.append(taken)
    assert 1 < len(kept) < 100
    assert handover.lost == 100 - len(kept)
    assert b"<username>0<" in kept[0].request.body


def test_a_comparing_that_is_gone_fills_no_disk(spool_of: Spools) -> None:
    handover = Handover(spool_of(20_000))
    handover.start()
    handover.abandon()
    handover.put(exchange("retrieveCredit", "1000"))
    handover.end()
    assert (len(handover), handover.lost) == (0, 1)
