"""Errors of overload and of deadlines; nothing was done, unless the error says otherwise."""

from __future__ import annotations

from sippulse_ws.domain.errors import DomainError
from sippulse_ws.wording import Wording


class Busy(DomainError):
    """More requests wait than the server answers in time."""

    code = "busy"
    wording = Wording(
        "Servidor ocupado, nada foi feito; tente novamente",
        "Server busy, nothing was done; try again",
    )


class DeadlineExceeded(DomainError):
    """SIPPULSE_OPERATION_SECONDS were over before the commit."""

    code = "deadline"
    wording = Wording(
        "O prazo de {seconds:g} s terminou e nada foi feito; tente novamente",
        "Nothing was done within the {seconds:g} s allowed; try again",
    )


class DeadlineWhileActing(DomainError):
    """SIPPULSE_OPERATION_SECONDS were over while SIP proxies were called."""

    code = "deadline-acting"
    wording = Wording(
        "O prazo de {seconds:g} s terminou; os proxies SIP podem ter feito o pedido ou não",
        "The {seconds:g} s allowed are over; the SIP proxies may have done it or not",
    )
