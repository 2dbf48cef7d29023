"""Names of the background jobs; the metrics need them without what the jobs import."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sippulse_ws.config import Settings


RATING = "rating"
RELOADS = "reloads"
KEYS = "idempotency_keys"
SETTINGS = "settings"
DEAD_HOLDS = "dead_holds"
PRICE_LISTS = "price_lists"
MAIL = "mail"
_ALWAYS = (
    *(RATING, KEYS, SETTINGS, DEAD_HOLDS, PRICE_LISTS),
    *("quotas", "validity", "low credit", "did fees", "times of acc", "admission errors"),
    *("statistics", "events", "events purge"),
)


def webhook_job(name: str) -> str:
    return f"webhook {name}"


def job_names(settings: Settings) -> list[str]:
    """The names of the jobs that `work.list_work` makes with these settings."""
    names = [*_ALWAYS, *(webhook_job(one.name) for one in settings.webhooks)]
    if settings.proxies:
        names.append(RELOADS)
    if settings.smtp_url is not None:
        names.append(MAIL)
    return names
