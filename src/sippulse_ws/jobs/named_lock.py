"""Locks by name that hold on every server and on every node of a cluster.

They are leases: a row whose counter the holder moves on. Nothing is left behind by a holder that
dies; another one waits for some seconds until it takes that for sure.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from sippulse_ws.db import Database, Session
from sippulse_ws.jobs.lease import BEAT, Lease, holder_name


class LockTaken(Exception):
    """Somebody who lives holds it."""


class LockLost(Exception):
    """Another one has taken it, since nothing was heard of this process for some seconds."""


class _Lock(Lease):
    def require(self, db: Session) -> None:
        """LockLost when another one has taken it; if not, nobody does before the commit."""
        if not self.confirm(db):
            raise LockLost(self.name)


@contextmanager
def named_lock(database: Database, name: str) -> Iterator[_Lock]:
    """Hold the lock, or LockTaken at once; each transaction under it is to `require` it."""
    lease = _Lock(database, holder_name(), name=name)
    ending = Event()
    while not lease.keep():
        if lease.changes:  # its holder lives
            raise LockTaken(name)
        ending.wait(BEAT / 2)
    beating = Thread(target=_beat, args=(lease, ending), name=name, daemon=True)
    beating.start()
    try:
        yield lease
    finally:
        ending.set()
        beating.join()
        lease.give_back()


def _beat(lease: Lease, ending: Event) -> None:
    while not ending.wait(BEAT):
        lease.keep()
