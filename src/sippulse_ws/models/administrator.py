"""Administrators, the domains granted to them, and failed logins."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from sippulse_ws.models.base import MYSQL_OPTIONS, Base, Count, Id, Moment, Off, On
from sippulse_ws.models.types import Key


class Administrator(Base):
    __tablename__ = "administrator"

    id: Mapped[Id]
    login: Mapped[str] = mapped_column(Key(128), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))  # argon2
    active: Mapped[On]
    superuser: Mapped[Off]
    created_at: Mapped[Moment]


class AdministratorDomain(Base):
    """A grant: this administrator may manage this domain."""

    __tablename__ = "administrator_domain"

    administrator_id: Mapped[int] = mapped_column(
        ForeignKey("administrator.id", ondelete="CASCADE"), primary_key=True
    )
    domain: Mapped[str] = mapped_column(
        Key(64),
        ForeignKey("domain.domain", ondelete="CASCADE", onupdate="CASCADE"),
        primary_key=True,
    )


class LoginFailure(Base):
    """Wrong passwords in a row, per login and client address; shared by all workers."""

    __tablename__ = "login_failure"
    __table_args__ = (Index(None, "blocked_until"), MYSQL_OPTIONS)

    realm: Mapped[str] = mapped_column(Key(16), primary_key=True)  # administrator, customer
    login: Mapped[str] = mapped_column(Key(160), primary_key=True)
    address: Mapped[str] = mapped_column(Key(45), primary_key=True)
    failures: Mapped[Count]
    blocked_until: Mapped[Moment]
