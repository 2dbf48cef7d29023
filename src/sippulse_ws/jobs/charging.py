"""Periodic jobs of charging: quotas, validity, low credit, fees, statistics."""

from __future__ import annotations

import datetime as dt
import logging
import smtplib
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateError
from sqlalchemy import Row

from sippulse_ws.charging.acc_times import AT_ONCE, convert_acc_times
from sippulse_ws.charging.backlog import purge_errors
from sippulse_ws.charging.calendar import (
    charge_fees,
    find_quota_day,
    make_statistics,
    quota_day,
    zone_today,
)
from sippulse_ws.charging.low_credit import (
    find_due_mails,
    find_low_credit,
    note_mailed,
    note_not_mailed,
)
from sippulse_ws.charging.validity import expire_credit
from sippulse_ws.db import Database
from sippulse_ws.db.statements import Session
from sippulse_ws.domain.local_time import find_timezone
from sippulse_ws.domain.stored_settings import CHARGING, find_stored
from sippulse_ws.jobs.job import Job
from sippulse_ws.jobs.names import MAIL
from sippulse_ws.mail.message import addresses_of, write_mail
from sippulse_ws.mail.smtp import MailServer

if TYPE_CHECKING:
    from sippulse_ws.config import Settings

log = logging.getLogger(__name__)


def charging_jobs(settings: Settings) -> list[Job]:
    """The periodic jobs; while charging is off, none changes a balance or a quota."""
    today = partial(_today, timezone=settings.timezone)
    jobs = [
        Job("quotas", 2, partial(_quotas, timezone=settings.timezone)),
        Job("validity", 30, partial(_validity, mode=settings.expired_credit)),
        Job("low credit", 10, _low_credit),
        Job("did fees", 60, partial(_fees, today=today)),
        Job("times of acc", 2, partial(_acc_times, timezone=settings.timezone)),
        Job("admission errors", 600, purge_errors),
        Job("statistics", 600, partial(_statistics, today=today)),
    ]
    if settings.smtp_url is not None:
        jobs.append(Job(MAIL, 5, LowCreditMailer(settings).run))
    return jobs


class LowCreditMailer:
    """Sends the mails that are due; no transaction is open while it talks to the mail server."""

    def __init__(self, settings: Settings) -> None:
        assert settings.smtp_url is not None
        self._server = MailServer(settings.smtp_url.get_secret_value())
        self._settings = settings

    def run(self, database: Database) -> bool:
        with database.reading() as db:
            due = find_due_mails(db)
        for notice in due:
            error = self._send(notice)
            with database.writing() as db:
                if error is None:
                    note_mailed(db, notice.id)
                    continue
                note_not_mailed(db, notice, error)
            log.warning("mail to %s: %s", notice.account_code, error)
        return bool(due)

    def _send(self, notice: Row[Any]) -> str | None:
        """Send one mail; returns the error, or None."""
        recipients = addresses_of(notice.email_address)
        if not recipients:
            return "no usable address"
        values = {
            "account": notice.account_code,
            "name": notice.first_name or "",
            "credit": f"{notice.credit:.2f}",
            "limit": f"{notice.low_credit_limit:.2f}",
        }
        one = self._settings
        try:
            mail = write_mail(
                "low_credit", one.language, one.mail_templates, one.mail_from, recipients, values
            )
            self._server.send(mail)
        except (OSError, smtplib.SMTPException, TemplateError, ValueError) as error:
            return f"{type(error).__name__}: {error}"
        return None


def _today(db: Session, timezone: str | None) -> dt.date:
    return zone_today(find_timezone(db, timezone))


def _is_on(db: Session) -> bool:
    return find_stored(db, CHARGING) == "on"


def _acc_times(database: Database, timezone: str | None) -> bool:
    with database.writing() as db:
        return convert_acc_times(db, find_timezone(db, timezone)) == AT_ONCE


def _quotas(database: Database, timezone: str | None) -> None:
    with database.reading() as db:
        zone = find_timezone(db, timezone)
        begun = find_quota_day(db) == zone_today(zone) or not _is_on(db)
    if not begun:
        with database.writing() as db:
            quota_day(db, dt.datetime.now(dt.UTC), zone)


def _validity(database: Database, mode: str) -> bool:
    with database.writing() as db:
        return _is_on(db) and expire_credit(db, mode) > 0


def _low_credit(database: Database) -> bool:
    with database.writing() as db:
        return find_low_credit(db) > 0


def _fees(database: Database, today: Callable[[Session], dt.date]) -> None:
    with database.reading() as db:
        charging, day = _is_on(db), today(db)
    charge_fees(database, day, charging=charging)


def _statistics(database: Database, today: Callable[[Session], dt.date]) -> None:
    with database.writing() as db:
        make_statistics(db, today(db))
