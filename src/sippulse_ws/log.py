"""Logging: one line per event on stderr, JSON or text, never an envelope, never a password."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType
from typing import Any

# structlog would load rich, which is large, for tracebacks that nobody wants here
_hidden = "rich" not in sys.modules
if _hidden:
    sys.modules["rich"] = None  # type: ignore[assignment]
import structlog  # noqa: E402

if _hidden:
    del sys.modules["rich"]

_SECRETS = ("password", "secret", "key", "token")


def redact(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """A safety net: masks values whose name looks like a secret."""
    for name in event:
        if any(secret in name.lower() for secret in _SECRETS):
            event[name] = "***"
    return event


def configure_logging(level: str, form: str) -> None:
    """Route the standard library's loggers, ours and others', through one formatter."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        redact,
    ]
    last: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if form == "json"
        # the default tracebacks show local variables, passwords among them
        else [
            structlog.dev.ConsoleRenderer(
                colors=False,
                timestamp_key="time",
                exception_formatter=structlog.dev.plain_traceback,
            )
        ]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("spyne", "alembic", "httpx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def log_uncaught() -> None:
    """Log uncaught exceptions of all threads as lines like all others."""

    def uncaught(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, Exception):
            logging.getLogger("sippulse_ws").critical(
                "uncaught error", exc_info=(kind, error, trace)
            )
        else:
            sys.__excepthook__(kind, error, trace)

    def in_thread(told: threading.ExceptHookArgs) -> None:
        if told.exc_value is not None:
            uncaught(told.exc_type, told.exc_value, told.exc_traceback)

    sys.excepthook = uncaught
    threading.excepthook = in_thread


def granian_config() -> dict[str, Any]:
    """For granian's `log_dictconfig`: its lines are formatted like all others."""
    as_others: dict[str, Any] = {"handlers": [], "propagate": True}
    loggers = {"_granian": as_others, "granian.access": as_others}
    return {"formatters": {}, "handlers": {}, "loggers": loggers}
