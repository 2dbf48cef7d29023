"""Providers and the gateways that lead to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.exc import IntegrityError

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.errors import (
    GatewayExists,
    GatewayNotFound,
    ProviderExists,
    ProviderInUse,
    ProviderNotFound,
)
from sippulse_ws.domain.errors_routes import GatewayInUse
from sippulse_ws.domain.rows import insert_row
from sippulse_ws.domain.values import INT_MAX, Values, present, required, storable, within
from sippulse_ws.models import Gateway, Provider, Route

_PROVIDER_FIELDS = ("name", "tx_connection", "cadency")
_GATEWAY_FIELDS = ("name", "address", "rate_id")


def list_providers(db: Session) -> Sequence[Row[Any]]:
    return db.execute(select(*Provider.__table__.columns).order_by(Provider.id)).all()


def list_gateways(db: Session) -> Sequence[Row[Any]]:
    """Gateways, with the names of their providers."""
    return db.execute(
        select(*Gateway.__table__.columns, Provider.name.label("provider"))
        .join(Provider, Provider.id == Gateway.provider_id)
        .order_by(Gateway.id)
    ).all()


def create_provider(db: Session, values: Values) -> int:
    """Create a provider; returns its id: the one in `values`, or else the next."""
    required(values, "name")
    stored = _checked_provider(values, "id")
    try:
        return insert_row(db, Provider, stored)
    except IntegrityError:
        raise ProviderExists(provider=values["name"]) from None


def update_provider(db: Session, name: str, values: Values) -> None:
    """Absent values stay; records of calls made until now keep the old ones."""
    provider_id = get_provider(db, name)
    stored = _checked_provider(values)
    try:
        if stored:
            db.execute(update(Provider).where(Provider.id == provider_id).values(stored))
    except IntegrityError:
        raise ProviderExists(provider=values["name"]) from None


def delete_provider(db: Session, name: str) -> None:
    """Delete a provider. Raises ProviderInUse while it has gateways."""
    provider_id = get_provider(db, name)
    if db.execute(select(Gateway.id).where(Gateway.provider_id == provider_id)).first():
        raise ProviderInUse(provider=name)
    db.execute(delete(Provider).where(Provider.id == provider_id))


def get_provider(db: Session, name: str) -> int:
    found = db.execute(select(Provider.id).where(Provider.name == name)).scalar()
    if found is None:
        raise ProviderNotFound(provider=name)
    return found


def create_gateway(db: Session, provider: str, values: Values) -> int:
    """Create a gateway; returns its id: the one in `values`, or else the next."""
    required(values, "name", "address")
    stored = storable(Gateway, present(values, ("id", *_GATEWAY_FIELDS)))
    stored["provider_id"] = get_provider(db, provider)
    within(values.get("id"), 1, INT_MAX, "id")
    try:
        return insert_row(db, Gateway, stored)
    except IntegrityError:
        raise GatewayExists(gateway=values["name"]) from None


def update_gateway(db: Session, name: str, provider: str | None, values: Values) -> None:
    """Absent values stay; records of calls made until now keep the old ones."""
    gateway_id = _get_gateway(db, name)
    stored = storable(Gateway, present(values, _GATEWAY_FIELDS))
    if provider is not None:
        stored["provider_id"] = get_provider(db, provider)
    try:
        if stored:
            db.execute(update(Gateway).where(Gateway.id == gateway_id).values(stored))
    except IntegrityError:
        raise GatewayExists(gateway=values["name"]) from None


def delete_gateway(db: Session, name: str) -> None:
    """Delete a gateway. Raises GatewayInUse while it has routes."""
    gateway_id = _get_gateway(db, name)
    if db.execute(select(Route.id).where(Route.gateway_id == gateway_id)).first():
        raise GatewayInUse(gateway=name)
    db.execute(delete(Gateway).where(Gateway.id == gateway_id))


def _checked_provider(values: Values, *more: str) -> dict[str, Any]:
    within(values.get("id"), 1, INT_MAX, "id")
    for name in ("tx_connection", "cadency"):
        within(values.get(name), 0, INT_MAX, name)
    return storable(Provider, present(values, (*more, *_PROVIDER_FIELDS)))


def _get_gateway(db: Session, name: str) -> int:
    found = db.execute(select(Gateway.id).where(Gateway.name == name)).scalar()
    if found is None:
        raise GatewayNotFound(gateway=name)
    return found
