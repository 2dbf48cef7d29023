"""Guards: requests that touch the same one run one after the other, on all nodes of a cluster.

A locked row holds up whoever comes to the same node of a Galera cluster. On another node nobody
knows of it; there only two changes of one row are found to be in each other's way, at the commit.
So each rule that depends on several rows has a guard: a row that every request under it changes.
"""

from __future__ import annotations

import zlib

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.rows import upsert
from sippulse_ws.models import Guard

ADDRESSES = "addresses"  # none may overlap, however large its network is
_SLOTS = 256  # of objects: a row for each would be too many


def touch(db: Session, *names: str) -> None:
    """Hold up every other transaction that touches one of these, until this one ends."""
    rows = [{"name": name, "touched": 1} for name in sorted(set(names))]
    db.execute(upsert(db, Guard, "touched"), rows)


def guard_of(kind: str, *key: object) -> str:
    """The guard of an object; several objects may share one."""
    text = " ".join(map(str, key))
    return f"{kind} {zlib.crc32(text.encode(errors='surrogatepass')) % _SLOTS}"
