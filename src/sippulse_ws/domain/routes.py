"""Routes: which gateways take a call, by plan, domain and prefix of the number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, delete, insert, select, update

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.errors import (
    DomainNotFound,
    GatewayNotFound,
    InvalidField,
    RatePlanNotFound,
)
from sippulse_ws.domain.errors_routes import RouteExists, RouteNotFound
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.domain.values import INT_MAX, within
from sippulse_ws.models import Domain, Gateway, RatePlan, Route

PREFIX_LENGTH = 20
# The identity of a route: the gateway, whose calls it takes, and to which numbers.
_COLUMNS = (
    Route.domain,
    Route.rate_plan_id,
    Route.prefix,
    Gateway.name.label("gateway"),
    Route.priority,
    Route.weight,
)


def select_routes() -> Select[Any]:
    """All routes in the order in which they count."""
    query = select(Route.id, *_COLUMNS).join(Gateway, Gateway.id == Route.gateway_id)
    order = (Route.rate_plan_id, Route.domain, Route.prefix, Route.priority, Route.id)
    return query.order_by(*order)


def list_routes(db: Session, domain: str | None = None) -> Sequence[Row[Any]]:
    """All routes, or those of a domain and its plans."""
    query = select_routes()
    if domain is not None:
        plans = select(RatePlan.id).where(RatePlan.domain == domain)
        query = query.where((Route.domain == domain) | Route.rate_plan_id.in_(plans))
    return db.execute(query).all()


def checked_route(values: dict[str, Any]) -> dict[str, Any]:
    """A route's values as stored. Raises InvalidField for values out of range."""
    route: dict[str, Any] = {
        "domain": None,
        "rate_plan_id": None,
        "prefix": "",
        "priority": 0,
        "weight": 1,
    }
    route |= {name: value for name, value in values.items() if value is not None}
    prefix = route["prefix"]
    if prefix and not (prefix.isascii() and prefix.isalnum() and len(prefix) <= PREFIX_LENGTH):
        raise InvalidField("prefix", Reason.NOT_A_ROUTE_PREFIX, prefix_length=PREFIX_LENGTH)
    within(route["priority"], 0, INT_MAX, "priority")
    within(route["weight"], 1, INT_MAX, "weight")
    if route["domain"] is not None and route["rate_plan_id"] is not None:
        raise InvalidField("domain", Reason.PLAN_HAS_A_DOMAIN)
    return route


def create_route(db: Session, gateway: str, values: dict[str, Any]) -> int:
    """Create a route; returns its id. Raises RouteExists."""
    route = checked_route(values)
    gateway_id = _get_gateway_id(db, gateway)
    _require_owner(db, route)
    if find_route(db, gateway_id, route) is not None:
        raise RouteExists(gateway=gateway, prefix=route["prefix"])
    made = db.execute(insert(Route).values(gateway_id=gateway_id, **route))
    (route_id,) = made.inserted_primary_key or (0,)
    return int(route_id)


def update_route(db: Session, route_id: int, values: dict[str, Any]) -> None:
    """Change priority and weight; absent values stay."""
    changed = {name: value for name, value in values.items() if value is not None}
    within(changed.get("priority"), 0, INT_MAX, "priority")
    within(changed.get("weight"), 1, INT_MAX, "weight")
    if db.execute(select(Route.id).where(Route.id == route_id)).first() is None:
        raise RouteNotFound(id=route_id)
    if changed:
        db.execute(update(Route).where(Route.id == route_id).values(changed))


def delete_route(db: Session, route_id: int) -> None:
    if not db.execute(delete(Route).where(Route.id == route_id)).rowcount:
        raise RouteNotFound(id=route_id)


def find_route(db: Session, gateway_id: int, route: dict[str, Any]) -> Row[Any] | None:
    """The route with this gateway, owner and prefix."""
    same = [Route.gateway_id == gateway_id, Route.prefix == route["prefix"]]
    same += [_same(Route.domain, route["domain"]), _same(Route.rate_plan_id, route["rate_plan_id"])]
    return db.execute(select_routes().where(*same)).first()


def _same(column: Any, value: object) -> ColumnElement[bool]:
    same: ColumnElement[bool] = column.is_(None) if value is None else column == value
    return same


def _get_gateway_id(db: Session, name: str) -> int:
    found = db.execute(select(Gateway.id).where(Gateway.name == name)).scalar()
    if found is None:
        raise GatewayNotFound(gateway=name)
    return int(found)


def _require_owner(db: Session, route: dict[str, Any]) -> None:
    domain, plan = route["domain"], route["rate_plan_id"]
    known = select(Domain.id).where(Domain.domain == domain)
    if domain is not None and not db.execute(known).all():
        raise DomainNotFound(domain=domain)
    if plan is not None and not db.execute(select(RatePlan.id).where(RatePlan.id == plan)).all():
        raise RatePlanNotFound(field="rate_plan_id", id=plan)
