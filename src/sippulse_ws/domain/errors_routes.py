"""What can be wrong with routes."""

from __future__ import annotations

from sippulse_ws.domain.errors import AlreadyExists, DomainError, NotFound


class RouteNotFound(NotFound):
    code = "route-not-found"
    pt = "Rota não encontrada: {id}"
    en = "Route not found: {id}"


class RouteExists(AlreadyExists):
    code = "route-exists"
    pt = "O gateway {gateway} já atende o prefixo {prefix} desta origem"
    en = "Gateway {gateway} takes the prefix {prefix} of these calls already"


class GatewayInUse(DomainError):
    code = "gateway-in-use"
    pt = "O gateway tem rotas: {gateway}"
    en = "The gateway has routes: {gateway}"
