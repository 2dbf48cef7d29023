"""Guards: requests that touch the same guard run one after another, on all nodes of a cluster.

A row lock is valid only on its node of a Galera cluster. Between nodes only changes of the same row
conflict, at the commit. So each rule that depends on several rows has a guard: a row that every
request under the rule changes.
"""

from __future__ import annotations

import zlib

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.rows import upsert
from sippulse_ws.models import Guard

ADDRESSES = "addresses"  # none may overlap, however large its network is
_SLOTS = 256  # of objects: a row for each would be too many


def touch(db: Session, *names: str) -> None:
    """Block every other transaction that touches one of these guards until this one ends."""
    rows = [{"name": name, "touched": 1} for name in sorted(set(names))]
    db.execute(upsert(db, Guard, "touched"), rows)


def guard_of(kind: str, *key: object) -> str:
    """The guard of an object; several objects may share one."""
    text = " ".join(map(str, key))
    return f"{kind} {zlib.crc32(text.encode(errors='surrogatepass')) % _SLOTS}"
