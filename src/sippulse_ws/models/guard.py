"""Rows that concurrent requests both change, because a rule spans several other rows."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from sippulse_ws.models.base import Base
from sippulse_ws.models.types import Key


class Guard(Base):
    """Row locks are valid on one Galera node only, changes on all; see domain/guards.py."""

    __tablename__ = "guard"

    name: Mapped[str] = mapped_column(Key(64), primary_key=True)
    touched: Mapped[int] = mapped_column(BigInteger)  # a counter
