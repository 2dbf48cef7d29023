"""Does the reloads of SIP proxies that are queued."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from sippulse_ws.db import Database, Session
from sippulse_ws.domain import reload_queue
from sippulse_ws.domain.errors import ProxyFailed
from sippulse_ws.domain.proxies import Proxy, reload_tables
from sippulse_ws.domain.reload_turns import SharedReloads

log = logging.getLogger(__name__)


def run_due(database: Database, proxies: Sequence[Proxy], patience: float) -> None:
    """Do each due reload once. No transaction is open while a proxy is called."""
    by_name = {proxy.name: proxy for proxy in proxies}
    with database.reading() as db:
        due = reload_queue.find_due(db, list(by_name))
    for name, table in due:
        with database.writing() as db:
            task = reload_queue.claim(db, name, table)
        if task is not None:
            _do(database, by_name[name], task, patience)


def _do(database: Database, proxy: Proxy, task: reload_queue.Task, patience: float) -> None:
    def beside(store: Callable[[Session], None]) -> None:
        with database.writing() as db:
            store(db)

    try:
        with database.reading() as db:
            reload_tables(SharedReloads(db, beside), [proxy], [task.table], patience)
    except ProxyFailed as failure:
        with database.writing() as db:
            wait = reload_queue.postpone(db, task)
        log.warning("%s; %s again in %s s", failure.message("en"), task.table, wait)
        return
    with database.writing() as db:
        reload_queue.finish(db, task)
    log.info("proxy %s reloaded %s", proxy.name, task.table)
