"""Errors of requests as such, in SOAP or JSON."""

from __future__ import annotations

from sippulse_ws.domain.errors import DomainError
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.wording import Wording


class BadRequest(DomainError):
    """The request does not match the interface's description; `field` if it is about one."""

    code = "bad-request"
    wording = Wording("{reason}{more}", "{reason}{more}")

    def __init__(self, reason: Reason, more: str = "", field: str = "") -> None:
        super().__init__(reason=reason.value, more=f": {more}" if more else "", field=field)


class InvalidDryRun(DomainError):
    code = "invalid-dry-run"
    wording = Wording("X-Dry-Run precisa ser true ou false", "X-Dry-Run has to be true or false")


class DryRunImpossible(DomainError):
    """What acts on a SIP proxy cannot be undone."""

    code = "dry-run-impossible"
    wording = Wording(
        "Esta operação age fora do banco de dados e não pode ser simulada",
        "This operation acts outside the database and has no dry run",
    )


class PreconditionFailed(DomainError):
    """The object was changed since the client read it."""

    code = "precondition-failed"
    wording = Wording(
        "Alterado por outro desde a leitura (precondition-failed)",
        "Changed by somebody else since it was read (precondition-failed)",
    )


class PreconditionUnsupported(DomainError):
    code = "precondition-unsupported"
    wording = Wording("Esta operação não aceita If-Match", "This operation takes no If-Match")


class NotForBatches(DomainError):
    code = "not-for-batches"
    wording = Wording(
        "Só operações que gravam apenas no banco de dados cabem num lote: {operation}",
        "Only operations that write to the database alone fit in a batch: {operation}",
    )


class UnknownPath(DomainError):
    code = "unknown-path"
    wording = Wording(
        "Não há operação neste endereço: {path}", "There is no operation at this address: {path}"
    )


class MethodNotAllowed(DomainError):
    code = "method-not-allowed"
    wording = Wording("Método não permitido aqui: {method}", "Method not allowed here: {method}")


class RequestTooLarge(DomainError):
    code = "too-large"
    wording = Wording(
        "A requisição tem mais de {largest} bytes", "The request is larger than {largest} bytes"
    )


class UnsupportedMediaType(DomainError):
    code = "media-type"
    wording = Wording(
        "O corpo precisa ser application/json em UTF-8",
        "The body has to be application/json in UTF-8",
    )
