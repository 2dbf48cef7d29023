"""Delivers events to the endpoints of SIPPULSE_WEBHOOKS, signed as Standard Webhooks.

Each endpoint has a thread of its own, so that a slow one delays no other. An event may come twice
(with the same id); the events of one account always come in order.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from sippulse_ws.db import Database
from sippulse_ws.domain.event_purge import PurgePlace, purge_events
from sippulse_ws.domain.webhooks import (
    NO_ENDPOINT,
    Listener,
    dispatch,
    drop_forgotten,
    find_due_deliveries,
    give_up_removed,
    note_delivered,
    note_failed,
)
from sippulse_ws.jobs.job import Job
from sippulse_ws.jobs.names import webhook_job

if TYPE_CHECKING:
    from sippulse_ws.config_delivery import WebhookSettings

log = logging.getLogger(__name__)

ANSWER_SECONDS = 15


def webhook_jobs(endpoints: Sequence[WebhookSettings]) -> list[Job]:
    """Jobs that queue events for each endpoint, deliver them, and delete old ones."""
    listeners = [Listener(one.name, one.events, one.domains) for one in endpoints]
    return [
        Job("events", 0.5, partial(_dispatch, listeners=listeners)),
        Job("events purge", 60, EventPurge([one.name for one in endpoints]).run),
        *(Job(webhook_job(one.name), 0.5, WebhookSender(one).run) for one in endpoints),
    ]


class WebhookSender:
    """Delivers the events that are due to one endpoint."""

    def __init__(self, endpoint: WebhookSettings) -> None:
        # large, and most servers have no endpoint
        import httpx  # noqa: PLC0415

        self._endpoint = endpoint
        self._failures = (httpx.HTTPError, httpx.InvalidURL, OSError)
        self._client = httpx.Client(timeout=ANSWER_SECONDS, follow_redirects=False)

    def run(self, database: Database) -> bool:
        """Deliver what is due; returns whether there may be more.

        No transaction is open while the endpoint is called.
        """
        name = self._endpoint.name
        with database.reading() as db:
            due = find_due_deliveries(db, name)
        for event in due:
            error, reached = self._send(event)
            with database.writing() as db:
                if error is None:
                    note_delivered(db, event.id, name, event.attempts)
                    drop_forgotten(db, event)
                    continue
                again = note_failed(db, event, name, error)
                if again is None:
                    drop_forgotten(db, event)
            log.warning(
                "event %s to %s: %s; %s",
                event.id,
                name,
                error,
                f"again {again}" if again else "given up",
            )
            if not reached:  # further events would wait as long, and fail too
                return False
        return bool(due)

    def _send(self, event: Row[Any]) -> tuple[str | None, bool]:
        """Send one event; returns the error or None, and whether the endpoint answered at all."""
        body = event_body(event)
        message, now = f"msg_{event.id}", int(time.time())
        secrets = [secret.get_secret_value() for secret in self._endpoint.secrets]
        headers = {
            "content-type": "application/json",
            "user-agent": "sippulse-ws",
            "webhook-id": message,
            "webhook-timestamp": str(now),
            "webhook-signature": " ".join(sign(secret, message, now, body) for secret in secrets),
        }
        try:
            url = self._endpoint.url.get_secret_value()
            answer = self._client.post(url, content=body, headers=headers)
        except self._failures as error:
            return f"{type(error).__name__}: {error}", False
        if answer.is_success:
            return None, True
        return f"HTTP {answer.status_code}", True


def event_body(event: Row[Any]) -> bytes:
    """The JSON body: type, timestamp, account and data."""
    message = {
        "type": event.kind,
        "timestamp": event.at.isoformat().replace("+00:00", "Z"),
        "account": event.account,
        "data": json.loads(event.data),
    }
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def sign(secret: str, message: str, now: int, body: bytes) -> str:
    """A signature by the Standard Webhooks scheme, version 1."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message}.{now}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _dispatch(database: Database, listeners: Sequence[Listener]) -> bool:
    with database.writing() as db:
        return dispatch(db, listeners)


class EventPurge:
    """Gives up what waits for endpoints that were removed, and deletes old events."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._place = PurgePlace()

    def run(self, database: Database) -> bool:
        with database.writing() as db:
            given_up = give_up_removed(db, self._names)
        for name, count in given_up.items():
            log.warning("%d events to %s given up: %s", count, name, NO_ENDPOINT)
        with database.writing() as db:
            place = purge_events(db, self._place)
        self._place = place  # only what was committed was gone through
        return place.more or bool(given_up)
