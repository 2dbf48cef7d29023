"""Reloads that SIP proxies still have to do."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from sippulse_ws.models.base import Base, Count, Moment
from sippulse_ws.models.types import Key, UtcDateTime


class ProxyReload(Base):
    """One row per proxy and table, however often it was requested; deleted when done."""

    __tablename__ = "proxy_reload"

    proxy: Mapped[str] = mapped_column(Key(128), primary_key=True)
    table: Mapped[str] = mapped_column(Key(16), primary_key=True)
    # counts requests, so that one during a reload is not lost
    requests: Mapped[int] = mapped_column(server_default=text("1"))
    failures: Mapped[Count]  # in a row
    requested_at: Mapped[dt.datetime | None] = mapped_column(
        UtcDateTime()
    )  # first, of those waiting
    due_at: Mapped[Moment]  # not before; moved ahead by a process that works on it
