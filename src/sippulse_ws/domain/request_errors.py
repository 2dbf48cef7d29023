"""What can be wrong with a request as such, by whatever door it came."""

from __future__ import annotations

from sippulse_ws.domain.errors import DomainError
from sippulse_ws.domain.reasons import Reason


class BadRequest(DomainError):
    """The request is not what the description of the interface says; `field` where one is."""

    code = "bad-request"
    pt = "{reason_pt}{more}"
    en = "{reason_en}{more}"

    def __init__(self, reason: Reason, more: str = "", field: str = "") -> None:
        pt, en = reason.value
        super().__init__(
            reason_pt=pt,
            reason_en=en,
            more=f": {more}" if more else "",
            field=field,
        )


class InvalidDryRun(DomainError):
    code = "invalid-dry-run"
    pt = "X-Dry-Run precisa ser true ou false"
    en = "X-Dry-Run has to be true or false"


class DryRunImpossible(DomainError):
    """What acts on a SIP proxy cannot be undone."""

    code = "dry-run-impossible"
    pt = "Esta operação age fora do banco de dados e não pode ser simulada"
    en = "This operation acts outside the database and has no dry run"


class PreconditionFailed(DomainError):
    """Somebody else changed it since the client read it."""

    code = "precondition-failed"
    pt = "Alterado por outro desde a leitura (precondition-failed)"
    en = "Changed by somebody else since it was read (precondition-failed)"


class PreconditionUnsupported(DomainError):
    code = "precondition-unsupported"
    pt = "Esta operação não aceita If-Match"
    en = "This operation takes no If-Match"


class NotForBatches(DomainError):
    code = "not-for-batches"
    pt = "Só operações que gravam apenas no banco de dados cabem num lote: {operation}"
    en = "Only operations that write to the database alone fit in a batch: {operation}"


class UnknownPath(DomainError):
    code = "unknown-path"
    pt = "Não há operação neste endereço: {path}"
    en = "There is no operation at this address: {path}"


class MethodNotAllowed(DomainError):
    code = "method-not-allowed"
    pt = "Método não permitido aqui: {method}"
    en = "Method not allowed here: {method}"


class RequestTooLarge(DomainError):
    code = "too-large"
    pt = "A requisição tem mais de {largest} bytes"
    en = "The request is larger than {largest} bytes"


class UnsupportedMediaType(DomainError):
    code = "media-type"
    pt = "O corpo precisa ser application/json em UTF-8"
    en = "The body has to be application/json in UTF-8"
