"""The list of the background process's jobs: whoever has one adds it here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sippulse_ws.charging.rating import RatingWorker
from sippulse_ws.config import Settings
from sippulse_ws.domain.events import CALL_RATED
from sippulse_ws.domain.proxies import Proxy
from sippulse_ws.domain.webhooks import Listener
from sippulse_ws.jobs.job import Job
from sippulse_ws.jobs.keys import purge_keys
from sippulse_ws.jobs.reloads import run_due
from sippulse_ws.jobs.webhooks import webhook_jobs

RELOADS = "reloads"
KEYS = "idempotency_keys"


def list_work(settings: Settings, proxies: Sequence[Proxy]) -> list[Job]:
    """All jobs that these settings ask for, with the seconds between their runs."""
    jobs = [
        Job("rating", 0.5, rating_worker(settings).run),
        Job(KEYS, 60, partial(purge_keys, hours=settings.idempotency_hours)),
    ]
    if proxies:
        patience = settings.proxy_patience
        jobs.append(Job(RELOADS, 0.5, partial(run_due, proxies=proxies, patience=patience)))
    return [*jobs, *webhook_jobs(settings.webhooks)]


def rating_worker(settings: Settings) -> RatingWorker:
    """A rated call is an event only where somebody wants to know."""
    wanted = any(Listener(one.name, one.events).wants(CALL_RATED, "") for one in settings.webhooks)
    return RatingWorker(settings.timezone, tells_calls=wanted)
