"""Accounts on the database server that were created for integrators."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from sippulse_ws.models.base import Base, DomainName, Moment
from sippulse_ws.models.types import Key


class Integrator(Base):
    __tablename__ = "integrator"

    login: Mapped[str] = mapped_column(Key(32), primary_key=True)
    host: Mapped[str] = mapped_column(Key(255))  # from where the account may connect
    # the schema of an account limited to domains
    schema_name: Mapped[str | None] = mapped_column(Key(64), unique=True)
    created_at: Mapped[Moment]


class IntegratorDomain(Base):
    """A domain whose rows an account sees; an account without domains sees all."""

    __tablename__ = "integrator_domain"

    login: Mapped[str] = mapped_column(Key(32), primary_key=True)
    domain: Mapped[DomainName] = mapped_column(primary_key=True)
