"""Metrics that only the database knows, read beside the requests.

A scrape starts a query and waits a moment for it; if the query takes longer, the scrape gets the
previous result. Before the first result all values are NaN, so that no series begins late.
"""

from __future__ import annotations

import datetime as dt
import logging
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Event, Lock, Thread
from time import monotonic

from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sippulse_ws.charging.backlog import ChargingBacklog, read_backlog
from sippulse_ws.db import Database
from sippulse_ws.domain import reload_queue
from sippulse_ws.jobs.job import list_jobs

log = logging.getLogger(__name__)

_PATIENCE = 0.05  # seconds that a scrape waits for the query
OLD = 15.0  # seconds without a result after which the database counts as unavailable


_UNKNOWN = ChargingBacklog(math.nan, math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """The result of one query: ages in seconds, times in UTC. Defaults: there is none yet."""

    reloads: float = math.nan
    oldest_reload: float = math.nan
    jobs: dict[str, dt.datetime | None] | None = None  # last success
    charging: ChargingBacklog = _UNKNOWN


def read_facts(database: Database) -> DatabaseFacts:
    with database.reading() as db:
        reloads, oldest = reload_queue.backlog(db)
        jobs = {row.name: row.succeeded_at for row in list_jobs(db)}
        charging = read_backlog(db)
    return DatabaseFacts(reloads, oldest, jobs, charging)


class FactsCollector(Collector):
    """`look` reads the facts; it may be slow or fail."""

    def __init__(self, look: Callable[[], DatabaseFacts], jobs: Sequence[str]) -> None:
        """`jobs`: the jobs of this server's settings; rows of others are ignored."""
        self._look = look
        self._jobs = jobs
        self._facts = DatabaseFacts()
        self._up = False
        self._lock = Lock()
        self._begun: float | None = None
        self._done = Event()

    def collect(self) -> Iterator[Metric]:
        self._start()
        self._done.wait(_PATIENCE)
        begun = self._begun
        up = self._up and (begun is None or monotonic() - begun < OLD)
        yield _gauge("database_up", "Whether the database answered the last look.", float(up))
        facts = self._facts
        yield _gauge("reloads_queued", "Reloads that SIP proxies are waiting for.", facts.reloads)
        yield _gauge(
            "reloads_oldest_seconds", "Age of the oldest queued reload.", facts.oldest_reload
        )
        yield from _of_charging(facts.charging)
        jobs = GaugeMetricFamily(
            "sippulse_ws_job_last_success_timestamp_seconds",
            "When a background job last ended well; 0: never, NaN: not known yet.",
            labels=["background_job"],
        )
        for name in self._jobs:
            jobs.add_metric([name], _last_success(facts, name))
        yield jobs

    def _start(self) -> None:
        with self._lock:
            if self._begun is not None:
                return  # one is running
            self._begun = monotonic()
            self._done.clear()
        Thread(target=self._read, name="facts", daemon=True).start()

    def _read(self) -> None:
        try:
            self._facts = self._look()
            self._up = True
        except Exception as error:  # noqa: BLE001 - whatever the error, there is no result
            log.debug("no facts for the metrics: %s", error)
            self._up = False
        finally:
            self._begun = None
            self._done.set()


def _last_success(facts: DatabaseFacts, name: str) -> float:
    if facts.jobs is None:
        return math.nan
    at = facts.jobs.get(name)
    return at.timestamp() if at else 0.0


def _of_charging(backlog: ChargingBacklog) -> Iterator[Metric]:
    waiting, oldest = backlog.waiting, backlog.oldest
    yield _gauge("calls_waiting", "Completed calls that are to be rated.", waiting)
    yield _gauge("calls_waiting_oldest_seconds", "Age of the oldest of them.", oldest)
    yield _gauge("calls_unrated", "Calls that could not be rated.", backlog.unrated)
    yield _gauge(
        "admission_errors",
        "Errors in the last hour while it was decided whether a call may be made.",
        backlog.errors,
    )


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"sippulse_ws_{name}", text, value)
