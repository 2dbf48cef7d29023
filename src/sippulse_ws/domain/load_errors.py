"""Errors of a server that has too much to do, or too little time: nothing was done."""

from __future__ import annotations

from sippulse_ws.domain.errors import DomainError


class Busy(DomainError):
    """More requests wait than the server answers in time."""

    code = "busy"
    pt = "Servidor ocupado, nada foi feito; tente novamente"
    en = "Server busy, nothing was done; try again"


class DeadlineExceeded(DomainError):
    """SIPPULSE_OPERATION_SECONDS were over before the commit."""

    code = "deadline"
    pt = "O prazo de {seconds:g} s terminou e nada foi feito; tente novamente"
    en = "Nothing was done within the {seconds:g} s allowed; try again"


class DeadlineWhileActing(DomainError):
    """SIPPULSE_OPERATION_SECONDS were over while SIP proxies were told."""

    code = "deadline-acting"
    pt = "O prazo de {seconds:g} s terminou; os proxies SIP podem ter feito o pedido ou não"
    en = "The {seconds:g} s allowed are over; the SIP proxies may have done it or not"
