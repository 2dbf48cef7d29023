"""Shares reloads that several processes or servers request at the same time.

Reloads of a proxy's table are numbered turns; the number is stored in a row. A reload that has
begun may have missed a later change, so requests that come meanwhile wait for the next turn, and
share it and its error. Whoever does the reload increments a counter in the row; if the counter
stands still, another process takes the turn over. If the first one is alive after all, there are
two reloads: the proxy refuses the later one, which is tried again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from sippulse_ws.db.statements import Session
from sippulse_ws.models import ReloadTurn
from sippulse_ws.wording import Wording, reason_of

log = logging.getLogger(__name__)

BEAT = 1.0  # seconds
DEAD = 5.0  # seconds without a beat after which another process takes over
FIRST_LOOK = 0.03  # seconds until a waiting process looks again; doubled up to the longest
LONGEST_LOOK = 0.3
LONGEST_REASON = 160  # characters of each language; as JSON up to six times as many

# Runs a small transaction of its own, independent of the caller's.
Beside = Callable[[Callable[[Session], None]], None]


@dataclass(slots=True)
class SharedReloads:
    """Reloads as a requester sees them; `db` only reads."""

    db: Session
    beside: Beside

    def run(self, proxy: str, table: str, work: Callable[[], None], deadline: float) -> None:
        """Run or share a reload. Raises TimeoutError at the deadline, else what `work` raises."""
        turns = _Turns(self, (ReloadTurn.proxy == proxy) & (ReloadTurn.table == table))
        row = turns.find()
        if row is None:
            turns.make(proxy, table)
            row = turns.find()
        if row is None:  # the database takes nothing
            work()
            return
        mine = _wait(turns, row, deadline)
        if mine is not None:
            turns.do(mine, work)


def _wait(turns: _Turns, row: Row[Any], deadline: float) -> int | None:
    """Wait until others have done it (None), or the turn is ours (its number)."""
    needed, pause = row.begun + 1, FIRST_LOOK
    seen, seen_at = row, monotonic()
    while row.ended < needed:
        if (row.beat is None or monotonic() - seen_at > DEAD) and turns.begin(row):
            return int(row.begun) + 1
        if monotonic() + pause > deadline:
            raise TimeoutError
        sleep(pause)
        pause = min(2 * pause, LONGEST_LOOK)
        row = turns.find() or row
        if (row.begun, row.beat) != (seen.begun, seen.beat):
            seen, seen_at = row, monotonic()
    if row.error is not None:
        raise OSError(Wording(*json.loads(row.error)))
    return None


@dataclass(slots=True)
class _Turns:
    """The row of one proxy's table."""

    shared: SharedReloads
    key: ColumnElement[bool]

    def find(self) -> Row[Any] | None:
        turn = ReloadTurn
        columns = (turn.begun, turn.ended, turn.beat, turn.error)
        return self.shared.db.execute(select(*columns).where(self.key)).first()

    def make(self, proxy: str, table: str) -> None:
        def store(db: Session) -> None:
            with suppress(IntegrityError), db.savepoint():  # another one was first
                db.execute(insert(ReloadTurn).values(proxy=proxy, table=table))

        self._stored(store)

    def begin(self, row: Row[Any]) -> bool:
        """Whether the next turn is ours; also if unknown, since somebody has to do it."""
        beat = ReloadTurn.beat.is_(None) if row.beat is None else ReloadTurn.beat == row.beat
        as_seen = (ReloadTurn.begun == row.begun) & beat
        return self._move(as_seen, {"begun": row.begun + 1, "beat": 0}) is not False

    def do(self, turn: int, work: Callable[[], None]) -> None:
        mine = ReloadTurn.begun == turn
        # after a failure that is not the proxy's those who wait go on by themselves
        end: dict[str, Any] = {"beat": None}
        try:
            with self._beating(mine):
                work()
            end |= {"ended": turn, "error": None}
        except OSError as error:
            reason = [text[:LONGEST_REASON] for text in reason_of(error)]
            end |= {"ended": turn, "error": json.dumps(reason, ensure_ascii=False)}
            raise
        finally:
            self._move(mine, end)

    @contextmanager
    def _beating(self, mine: ColumnElement[bool]) -> Iterator[None]:
        ending = Event()

        def beat() -> None:
            while not ending.wait(BEAT):
                self._move(mine, {"beat": ReloadTurn.beat + 1})  # NULL stays NULL

        Thread(target=beat, name="reload", daemon=True).start()
        try:
            yield
        finally:
            ending.set()

    def _move(self, when: ColumnElement[bool], values: dict[str, Any]) -> bool | None:
        """Whether the row was as expected; None if the database failed."""
        moved = False

        def store(db: Session) -> None:
            nonlocal moved
            statement = update(ReloadTurn).where(self.key, when).values(values)
            moved = bool(db.execute(statement).rowcount)

        return moved if self._stored(store) else None

    def _stored(self, store: Callable[[Session], None]) -> bool:
        try:
            self.shared.beside(store)
        except Exception as error:  # noqa: BLE001 - whatever it is, reloads go on without
            log.warning("a turn of a reload was not stored: %s", getattr(error, "orig", error))
            return False
        return True
