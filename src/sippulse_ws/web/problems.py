"""Errors of the JSON API: RFC 9457 problem details, with an HTTP status by kind of error."""

from __future__ import annotations

from typing import Any

from sippulse_ws.domain import errors, request_errors
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.web.json_values import dump_json

MEDIA_TYPE = "application/problem+json"
_REFUSED = 422  # the request was understood, but cannot be done
# The first class that matches gives the status.
_STATUSES: tuple[tuple[type[DomainError], int], ...] = (
    (errors.LoginFailed, 401),
    (errors.AccessDenied, 403),
    (errors.NotFound, 404),
    (errors.NoPassword, 404),
    (errors.AlreadyExists, 409),
    (errors.ResellerInUse, 409),
    (errors.RatePlanInUse, 409),
    (errors.ProviderInUse, 409),
    (errors.UnreadableValue, 400),
    (request_errors.BadRequest, 400),
    (request_errors.UnknownPath, 404),
    (request_errors.MethodNotAllowed, 405),
    (request_errors.RequestTooLarge, 413),
    (request_errors.UnsupportedMediaType, 415),
    (errors.InternalError, 500),
    (errors.DatabaseUnavailable, 503),
    (errors.OutcomeUnknown, 503),
    (errors.ProxyFailed, 503),
)
# The status of errors defined in other modules, by code.
_BY_CODE = {
    "busy": 429,
    "database-full": 503,
    "deadline": 503,
    "deadline-acting": 503,
    "idempotency-key-in-use": 409,
    "precondition-failed": 412,
}
TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    412: "Precondition Failed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


def status_of(error: DomainError) -> int:
    if error.code in _BY_CODE:
        return _BY_CODE[error.code]
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), _REFUSED)


def problem(
    error: DomainError, language: str, request_id: str, errors_page: str, **more: Any
) -> bytes:
    """The problem document; `errors_page` is the address of the page that explains codes."""
    status = status_of(error)
    document: dict[str, Any] = {
        "type": f"{errors_page}#{error.code}",
        "title": TITLES[status],
        "status": status,
        "detail": error.message(language),
        "code": error.code,
    }
    if field := field_of(error):
        document["field"] = field
    if isinstance(error, errors.RowRefused):
        document |= {"row": error.values["row"], "reason": error.reason.code}
    return dump_json({**document, "requestId": request_id, **more})


def field_of(error: DomainError) -> str | None:
    """The contract's name of the field that the error is about, or None."""
    if isinstance(error, errors.RowRefused):
        return field_of(error.reason)
    field = error.values.get("field")
    return str(field) if field else None
