"""Errors of repeated requests and reversals; part of the catalogue of errors.py."""

from __future__ import annotations

from functools import cache
from typing import Any

from sippulse_ws.domain.errors import DomainError, NotFound, RowRefused
from sippulse_ws.wording import Wording


class InvalidIdempotencyKey(DomainError):
    """The key is not valid; the same request with a valid key may still be done."""

    code = "invalid-idempotency-key"
    wording = Wording(
        "Idempotency-Key inválida: um só texto ASCII de 1 a {longest} caracteres",
        "Bad Idempotency-Key: a single ASCII text of 1 to {longest} characters",
    )


class IdempotencyKeyReused(DomainError):
    code = "idempotency-key-reused"
    wording = Wording(
        "Idempotency-Key já usada com outra requisição",
        "Idempotency-Key already used with another request",
    )


class IdempotencyKeyInUse(DomainError):
    code = "idempotency-key-in-use"
    wording = Wording(
        "A primeira requisição com esta Idempotency-Key ainda está em andamento, tente mais tarde",
        "The first request with this Idempotency-Key is still running, try again later",
    )


class RepeatedCredit(DomainError):
    """SIPPULSE_REPEATED_CREDIT_MINUTES; the row is one of the ledger."""

    code = "repeated-credit"
    wording = Wording(
        "Crédito repetido: mesmo valor e obs do lançamento {row}, de {at} UTC",
        "Repeated credit: same value and obs as ledger row {row}, of {at} UTC",
    )


class LedgerRowNotFound(NotFound):
    code = "ledger-row-not-found"
    wording = Wording("Lançamento não encontrado: {row}", "Ledger row not found: {row}")


class LedgerRowReversed(DomainError):
    code = "ledger-row-reversed"
    wording = Wording("Lançamento já estornado: {row}", "Ledger row already reversed: {row}")


class LedgerRowIsReversal(DomainError):
    code = "ledger-row-is-reversal"
    wording = Wording("O lançamento {row} é um estorno", "Ledger row {row} is a reversal")


class BalanceWouldNotFit(DomainError):
    code = "balance-would-not-fit"
    wording = Wording("O saldo não caberia", "The balance would not fit")


TOLD_VALUES = ("field", "row")  # what answers tell of an error beside its code and message


def repeated_refusal(told: Any) -> DomainError:
    """The refusal of the first request again: an error of the same class that says the same.

    `told` has its `code`, its messages `pt` and `en`, the `values` that are TOLD_VALUES, and the
    `reason` why a row was refused. Earlier versions stored neither values nor reasons.
    """
    reason = getattr(told, "reason", None)
    kind = _classes().get(told.code, DomainError)
    if kind is RowRefused and reason is None:
        kind = DomainError
    error = kind.__new__(kind)
    error.__dict__["code"] = told.code
    DomainError.__init__(error, **getattr(told, "values", {}))
    error.__dict__["message"] = Wording(told.pt, told.en).text
    if reason is not None:
        error.__dict__["reason"] = repeated_refusal(reason)
    return error


@cache
def _classes() -> dict[str, type[DomainError]]:
    """Those that can be raised, by code."""
    found: dict[str, type[DomainError]] = {}
    waiting = [DomainError]
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        if "code" in vars(one):
            found[one.code] = one
    return found
