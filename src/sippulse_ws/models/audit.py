"""The audit trail: who tried to change what, and how it ended."""

from __future__ import annotations

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from sippulse_ws.models.base import MYSQL_OPTIONS, Base, LongId, Moment
from sippulse_ws.models.types import Key


class Audit(Base):
    __tablename__ = "audit"
    __table_args__ = (Index(None, "at"), Index(None, "login", "at"), MYSQL_OPTIONS)

    id: Mapped[LongId]
    at: Mapped[Moment]
    login: Mapped[str] = mapped_column(Key(160))  # as sent, cut to this length
    address: Mapped[str] = mapped_column(Key(45))
    operation: Mapped[str] = mapped_column(String(64))
    object: Mapped[str] = mapped_column(String(255))
    outcome: Mapped[str] = mapped_column(String(16))  # done, refused, failed, repeated, dry-run
    error: Mapped[str | None] = mapped_column(String(64))  # code of the refusal
    request_id: Mapped[str] = mapped_column(String(36))
    # failed logins of a minute share a row: how many, and the row's unique key
    times: Mapped[int] = mapped_column(server_default=text("1"))
    once: Mapped[str | None] = mapped_column(Key(40), unique=True)
    # the ids given to the request by the client or a proxy
    client_request_id: Mapped[str | None] = mapped_column(String(64))
    traceparent: Mapped[str | None] = mapped_column(String(55))
