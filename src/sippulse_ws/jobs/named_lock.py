"""Named locks that hold across all servers and all nodes of a cluster.

They are leases, see lease.py: if a holder dies, another process gets the lock some seconds later.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from sippulse_ws.db import Database, Session
from sippulse_ws.jobs.lease import BEAT, Lease, holder_name


class LockTaken(Exception):
    """A live process holds the lock."""


class LockLost(Exception):
    """Another process has taken the lock, since this one did not renew it in time."""


class _Lock(Lease):
    def require(self, db: Session) -> None:
        """Make sure that nobody takes the lock before the commit. Raises LockLost."""
        if not self.confirm(db):
            raise LockLost(self.name)


@contextmanager
def named_lock(database: Database, name: str) -> Iterator[_Lock]:
    """Hold the lock; each transaction under it must `require` it. Raises LockTaken at once."""
    lease = _Lock(database, holder_name(), name=name)
    ending = Event()
    while not lease.keep():
        if lease.changes:  # its holder is alive
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
