"""Price lists: whole rate tables that wait to come into force, or were replaced."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from sippulse_ws.models.base import MYSQL_OPTIONS, Amount, Base, Count, Id, MaybeMoment, Moment
from sippulse_ws.models.types import Key


class PriceList(Base):
    """The rates of one table. A kept list was replaced by the list `replaced_by`."""

    __tablename__ = "price_list"
    __table_args__ = (
        Index(None, "domain", "rate_id", "state"),
        Index(None, "state", "effective_at"),
        MYSQL_OPTIONS,
    )

    id: Mapped[Id]
    domain: Mapped[str] = mapped_column(
        Key(64), ForeignKey("domain.domain", onupdate="CASCADE", ondelete="CASCADE")
    )
    rate_id: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))  # loading, staged, applied, cancelled, kept
    created_at: Mapped[Moment]
    created_by: Mapped[str] = mapped_column(Key(160))
    source: Mapped[str] = mapped_column(String(255), server_default=text("''"))  # file or list
    sha256: Mapped[str] = mapped_column(String(64), server_default=text("''"))
    effective_at: Mapped[MaybeMoment]
    applied_at: Mapped[MaybeMoment]
    replaced_by: Mapped[int | None]
    added: Mapped[Count]
    removed: Mapped[Count]
    changed: Mapped[Count]


class PriceListRow(Base):
    """A rate of a price list."""

    __tablename__ = "price_list_row"

    price_list_id: Mapped[int] = mapped_column(
        ForeignKey("price_list.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    prefix: Mapped[str] = mapped_column(Key(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(128))
    rate_value: Mapped[Amount]
    service_type: Mapped[str | None] = mapped_column(String(32))
    cadency: Mapped[int | None]
    tx_connection: Mapped[int | None]
    tx_delay: Mapped[int | None]
    tx_discard: Mapped[int | None]
