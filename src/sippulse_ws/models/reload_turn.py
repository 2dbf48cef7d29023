"""Turns of reloads: which server makes a SIP proxy reload a table, for all that wait."""

from __future__ import annotations

from sqlalchemy import BigInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from sippulse_ws.models.base import Base
from sippulse_ws.models.types import Key


class ReloadTurn(Base):
    """One row per proxy and table that was ever reloaded; turns are numbered from 1."""

    __tablename__ = "reload_turn"

    proxy: Mapped[str] = mapped_column(Key(128), primary_key=True)
    table: Mapped[str] = mapped_column(Key(16), primary_key=True)
    begun: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))  # the newest turn
    ended: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))  # the newest ended one
    # Incremented while a server works on it; it counts as dead if this stands still. NULL: nobody
    beat: Mapped[int | None] = mapped_column(BigInteger)
    # Why the proxy failed in the newest turn that ended: a JSON list with both languages.
    error: Mapped[str | None] = mapped_column(String(2000))
