"""Periodic work: which days are done, who was notified and charged, daily statistics."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from sippulse_ws.models.base import Amount, Base, Count, MaybeMoment, Moment
from sippulse_ws.models.types import BigId, Key


class DailyTask(Base):
    """The last day, in the operator's time zone, for which a task was done."""

    __tablename__ = "daily_task"

    name: Mapped[str] = mapped_column(Key(32), primary_key=True)
    day: Mapped[dt.date] = mapped_column(Date)


class LowCreditNotice(Base):
    """An account that was notified of its low credit, until the next top-up."""

    __tablename__ = "low_credit_notice"

    subscriber_id: Mapped[int] = mapped_column(
        ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    ledger_id: Mapped[int] = mapped_column(BigId)  # the newest ledger row when it was found
    at: Mapped[Moment]
    mailed_at: Mapped[MaybeMoment]
    attempts: Mapped[Count]
    due_at: Mapped[Moment]  # of the next try to mail it
    error: Mapped[str | None] = mapped_column(String(255))


class CreditExpiry(Base):
    """Expired credit that was noticed: an event was written, and it was taken if so configured."""

    __tablename__ = "credit_expiry"

    subscriber_id: Mapped[int] = mapped_column(
        ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    expired_at: Mapped[Moment] = mapped_column(primary_key=True)


class DidFee(Base):
    """A charged month of a DID. Rows outlive the DID, hence no foreign key."""

    __tablename__ = "did_fee"

    did_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[dt.date] = mapped_column(Date, primary_key=True)  # its first day
    subscriber_id: Mapped[int]  # who paid
    value: Mapped[Amount]


class DailyStatistics(Base):
    """An account's calls on a day, by service; only accounts with `daily_statistics`."""

    __tablename__ = "daily_statistics"

    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    account_code: Mapped[str] = mapped_column(Key(129), primary_key=True)
    service: Mapped[str] = mapped_column(Key(32), primary_key=True)
    calls: Mapped[Count]
    seconds: Mapped[int] = mapped_column(BigId)
    price: Mapped[Amount]
    unrated: Mapped[Count]  # calls among them that have no price
