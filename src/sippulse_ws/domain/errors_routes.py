"""Errors of routes."""

from __future__ import annotations

from sippulse_ws.domain.errors import AlreadyExists, DomainError, NotFound
from sippulse_ws.wording import Wording


class RouteNotFound(NotFound):
    code = "route-not-found"
    wording = Wording("Rota não encontrada: {id}", "Route not found: {id}")


class RouteExists(AlreadyExists):
    code = "route-exists"
    wording = Wording(
        "O gateway {gateway} já atende o prefixo {prefix} desta origem",
        "Gateway {gateway} takes the prefix {prefix} of these calls already",
    )


class GatewayInUse(DomainError):
    code = "gateway-in-use"
    wording = Wording("O gateway tem rotas: {gateway}", "The gateway has routes: {gateway}")
