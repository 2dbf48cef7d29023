"""The background process: which server's is active, and the state of its jobs."""

from __future__ import annotations

from sqlalchemy import BigInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from sippulse_ws.models.base import Base, Count, MaybeMoment
from sippulse_ws.models.types import Key


class BackgroundLease(Base):
    """One row per lease: of several servers, only the holder's background process works."""

    __tablename__ = "background_lease"

    name: Mapped[str] = mapped_column(Key(32), primary_key=True)
    holder: Mapped[str | None] = mapped_column(Key(128))  # host:process:random; NULL: given back
    # Incremented while the holder lives. Others take over when it stands still: no clocks are
    # compared.
    beat: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    since: Mapped[MaybeMoment]
    beat_at: Mapped[MaybeMoment]  # by the holder's clock; for people


class BackgroundJob(Base):
    """The state of a periodic job; a job that never ran has no row."""

    __tablename__ = "background_job"

    name: Mapped[str] = mapped_column(Key(64), primary_key=True)
    succeeded_at: Mapped[MaybeMoment]
    failed_at: Mapped[MaybeMoment]
    failures: Mapped[Count]  # in a row
    error: Mapped[str | None] = mapped_column(String(255))  # of the last failure
