"""X-Dry-Run: a write is run with all its checks, and then rolled back."""

from __future__ import annotations

from typing import Any

from sippulse_ws.domain.request_errors import DryRunImpossible, InvalidDryRun
from sippulse_ws.services.operation import Operation
from sippulse_ws.wire.context import Context

_HEADER = "X-Dry-Run"


class DryRunOver(Exception):
    """Raised to roll back the transaction of a dry run; `result` is what the client gets."""

    def __init__(self, call: Any, result: Any) -> None:
        super().__init__()
        self.call = call
        self.result = result


def is_dry_run(operation: Operation, context: Context) -> bool:
    """Whether the request asks for a dry run. Raises InvalidDryRun or DryRunImpossible."""
    if not (operation.writes or operation.acts) or not (texts := context.told(_HEADER)):
        return False
    values = {text.strip() for text in texts}
    if len(values) > 1 or not values <= {"true", "false"}:
        raise InvalidDryRun
    if values == {"false"}:
        return False
    if operation.tells_proxies:
        raise DryRunImpossible
    return True
