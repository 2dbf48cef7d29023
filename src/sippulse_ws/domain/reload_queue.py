"""The queue of automatic reloads: requested in a write's transaction, done after it.

A request is a row until the proxy has done it, whatever happens to processes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from sippulse_ws.db.statements import Session
from sippulse_ws.models import ProxyReload

# Seconds after which an unfinished reload may be taken over from its process.
LEASE = 120
LONGEST_WAIT = 60  # seconds between tries of a proxy that fails


@dataclass(frozen=True, slots=True)
class Task:
    """A reload that this process works on."""

    proxy: str
    table: str
    requests: int
    failures: int


def request(db: Session, proxies: Iterable[str], tables: Iterable[str]) -> None:
    """Request reloads, in the transaction of the write that needs them."""
    wanted = sorted({(proxy, table) for proxy in proxies for table in tables})
    for proxy, table in wanted:
        if _ask_again(db, proxy, table):
            continue
        try:
            with db.savepoint():
                row = {"proxy": proxy, "table": table, "due_at": _now(), "requested_at": _now()}
                db.execute(insert(ProxyReload).values(row))
        except IntegrityError:  # lost a race with a concurrent request
            _ask_again(db, proxy, table)


def find_due(db: Session, proxies: Sequence[str]) -> list[tuple[str, str]]:
    """Proxy and table of the reloads that are due."""
    query = select(ProxyReload.proxy, ProxyReload.table).where(
        ProxyReload.proxy.in_(proxies), ProxyReload.due_at <= _now()
    )
    return list(db.execute(query.order_by(ProxyReload.due_at)).tuples())


def claim(db: Session, proxy: str, table: str) -> Task | None:
    """Claim a due reload for LEASE seconds; None if another process was first."""
    key = _key(proxy, table)
    due = ProxyReload.due_at <= _now()
    if not db.execute(update(ProxyReload).where(key, due).values(due_at=_later(LEASE))).rowcount:
        return None
    row = db.execute(select(ProxyReload.requests, ProxyReload.failures).where(key)).one()
    return Task(proxy, table, row.requests, row.failures)


def finish(db: Session, task: Task) -> None:
    """Delete a finished reload; if it was requested again meanwhile, it is due at once."""
    key = _key(task.proxy, task.table)
    same = ProxyReload.requests == task.requests
    if not db.execute(delete(ProxyReload).where(key, same)).rowcount:
        again = {"due_at": _now(), "requested_at": _now(), "failures": 0}
        db.execute(update(ProxyReload).where(key).values(again))


def postpone(db: Session, task: Task) -> int:
    """Postpone a failed reload; returns the seconds until the next try, doubled each time."""
    wait = min(1 << task.failures, LONGEST_WAIT)
    again = {"due_at": _later(wait), "failures": task.failures + 1}
    db.execute(update(ProxyReload).where(_key(task.proxy, task.table)).values(again))
    return wait


def list_waiting(db: Session) -> Sequence[Row[tuple[str, str, int]]]:
    query = select(ProxyReload.proxy, ProxyReload.table, ProxyReload.failures)
    return db.execute(query.order_by(ProxyReload.proxy, ProxyReload.table)).all()


def backlog(db: Session) -> tuple[int, float]:
    """How many reloads wait, and for how many seconds the oldest one does."""
    query = select(func.count(), func.min(ProxyReload.requested_at)).select_from(ProxyReload)
    count, oldest = db.execute(query).one()
    return count, max((_now() - oldest).total_seconds(), 0.0) if oldest else 0.0


def _ask_again(db: Session, proxy: str, table: str) -> bool:
    more = {"requests": ProxyReload.requests + 1}
    return bool(db.execute(update(ProxyReload).where(_key(proxy, table)).values(more)).rowcount)


def _key(proxy: str, table: str) -> ColumnElement[bool]:
    return (ProxyReload.proxy == proxy) & (ProxyReload.table == table)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _later(seconds: int) -> dt.datetime:
    return _now() + dt.timedelta(seconds=seconds)
