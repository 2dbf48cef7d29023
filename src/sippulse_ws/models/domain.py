"""Domains and their profiles."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sippulse_ws.models.base import MYSQL_OPTIONS, Base, DomainName, Id
from sippulse_ws.models.types import Key


class Domain(Base):
    __tablename__ = "domain"

    id: Mapped[Id]
    domain: Mapped[str] = mapped_column(Key(64), unique=True)  # lower case


class Profile(Base):
    __tablename__ = "profile"
    __table_args__ = (UniqueConstraint("domain", "profile"), MYSQL_OPTIONS)

    id: Mapped[Id]
    domain: Mapped[DomainName]
    profile: Mapped[str] = mapped_column(Key(64))
