"""The outbox: events, written in the transaction of what happened, and their deliveries."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from sippulse_ws.models.base import (
    MYSQL_OPTIONS,
    Base,
    Count,
    LongId,
    MaybeMoment,
    Moment,
    Off,
)
from sippulse_ws.models.types import BigId, Key


class Event(Base):
    """Something that happened to an account."""

    __tablename__ = "event"
    __table_args__ = (
        Index(None, "dispatched", "id"),
        MYSQL_OPTIONS,
    )

    id: Mapped[LongId]
    at: Mapped[Moment]
    kind: Mapped[str] = mapped_column(Key(64))  # credit.added
    # events of one account keep their order: an account code, or the number of a free DID
    account: Mapped[str] = mapped_column(Key(160))
    data: Mapped[str] = mapped_column(Text)  # JSON
    dispatched: Mapped[Off]  # the deliveries have been created


class EventDelivery(Base):
    """The delivery of an event to one endpoint of SIPPULSE_WEBHOOKS."""

    __tablename__ = "event_delivery"
    __table_args__ = (
        Index(None, "endpoint", "state", "due_at"),
        Index(None, "endpoint", "account", "state", "event_id"),
        MYSQL_OPTIONS,
    )

    # not assigned by the database: the key is the event's
    event_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("event.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    endpoint: Mapped[str] = mapped_column(Key(64), primary_key=True)  # its name in the settings
    account: Mapped[str] = mapped_column(Key(160))
    state: Mapped[str] = mapped_column(String(16))  # waiting, delivered, given up
    attempts: Mapped[Count]
    due_at: Mapped[Moment]  # no attempt before
    done_at: Mapped[MaybeMoment]
    error: Mapped[str | None] = mapped_column(String(255))  # of the last attempt
