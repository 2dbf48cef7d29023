"""Providers that terminate calls, and the gateways that lead to them."""

from __future__ import annotations

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from sippulse_ws.models.base import Base, Id
from sippulse_ws.models.types import Key


class Provider(Base):
    __tablename__ = "provider"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Key(64), unique=True)
    tx_connection: Mapped[int] = mapped_column(server_default=text("60"))  # seconds
    cadency: Mapped[int] = mapped_column(server_default=text("60"))  # seconds


class Gateway(Base):
    __tablename__ = "gateway"

    id: Mapped[Id]
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"), index=True)
    name: Mapped[str] = mapped_column(Key(64), unique=True)
    address: Mapped[str] = mapped_column(Key(64))  # IP address or host name
    rate_id: Mapped[int | None]  # the rate table with the provider's prices
