"""The list of the background process's jobs. A new job is added here and in `names`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from sippulse_ws.charging.dead_holds import free_dead
from sippulse_ws.charging.rating import RatingWorker
from sippulse_ws.db import Database
from sippulse_ws.domain.events import CALL_RATED
from sippulse_ws.domain.proxies import Proxy
from sippulse_ws.domain.stored_settings import store_environment
from sippulse_ws.domain.webhooks import Listener
from sippulse_ws.jobs.charging import charging_jobs
from sippulse_ws.jobs.job import Job
from sippulse_ws.jobs.keys import purge_keys
from sippulse_ws.jobs.names import DEAD_HOLDS, KEYS, PRICE_LISTS, RATING, RELOADS, SETTINGS
from sippulse_ws.jobs.price_lists import apply_due
from sippulse_ws.jobs.reloads import run_due
from sippulse_ws.jobs.webhooks import webhook_jobs

if TYPE_CHECKING:
    from sippulse_ws.config import Settings


def list_work(settings: Settings, proxies: Sequence[Proxy]) -> list[Job]:
    """All jobs that these settings need, with the seconds between their runs."""
    jobs = [
        Job(RATING, 0.5, rating_worker(settings).run),
        Job(KEYS, 60, partial(purge_keys, hours=settings.idempotency_hours)),
        Job(SETTINGS, 60, partial(store_settings, settings=settings)),
        Job(DEAD_HOLDS, 10, free_dead),
        Job(PRICE_LISTS, 1, apply_due),
    ]
    if proxies:
        patience = settings.proxy_patience
        work = partial(run_due, proxies=proxies, patience=patience)
        # each server reloads the proxies that it knows; the queue says which one has a task
        jobs.append(Job(RELOADS, 0.5, work, needs_lease=False))
    return [*jobs, *charging_jobs(settings), *webhook_jobs(settings.webhooks)]


def rating_worker(settings: Settings) -> RatingWorker:
    """The rating worker; it emits an event for each call only if an endpoint wants it."""
    wanted = any(Listener(one.name, one.events).wants(CALL_RATED, "") for one in settings.webhooks)
    return RatingWorker(settings.timezone, tells_calls=wanted)


def store_settings(database: Database, settings: Settings) -> None:
    """Store the settings that the functions of SIP proxies read from the database."""
    with database.writing() as db:
        store_environment(db, settings.charging, settings.emergency_numbers)
