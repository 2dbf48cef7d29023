"""Domains: what the platform serves, and what grants are for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.exc import IntegrityError

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.access import Scope
from sippulse_ws.domain.errors import DomainExists, DomainNotFound
from sippulse_ws.domain.rows import insert_row
from sippulse_ws.domain.values import domain_text, required, storable
from sippulse_ws.models import Domain


def list_domains(db: Session, scope: Scope) -> Sequence[Row[Any]]:
    query = select(Domain.domain, Domain.id).where(scope.covers(Domain.domain))
    return db.execute(query.order_by(Domain.domain)).all()


def create_domain(db: Session, name: str) -> int:
    values = {"domain": domain_text(name)}
    required(values, "domain")
    try:
        return insert_row(db, Domain, storable(Domain, values))
    except IntegrityError:
        raise DomainExists(domain=values["domain"]) from None


def require_domain(db: Session, domain: str) -> None:
    """Raise DomainNotFound if there is no such domain."""
    if db.execute(select(Domain.id).where(Domain.domain == domain)).first() is None:
        raise DomainNotFound(domain=domain)
