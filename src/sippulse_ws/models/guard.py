"""Rows that two requests both change, because the rule that binds them spans other rows."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from sippulse_ws.models.base import Base
from sippulse_ws.models.types import Key


class Guard(Base):
    """Locks of rows end at a Galera node, changes of rows do not; see domain/guards.py."""

    __tablename__ = "guard"

    name: Mapped[str] = mapped_column(Key(64), primary_key=True)
    touched: Mapped[int] = mapped_column(BigInteger)  # how often
