"""The WSGI application under test; what its operations were called with is at CALLS_PATH."""

import json
import math
from collections.abc import Callable, Iterable
from typing import Any

from sippulse_ws.app import create_app
from sippulse_ws.config import Settings
from tests.contract.contract_services import CONTRACT, parse_notation

CALLS_PATH = "/-/calls"


class RecordingState:
    """Stands where the runner of operations stands; does nothing but remember."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def run(self, operation: Any, context: Any, args: Iterable[Any]) -> None:
        notations = _declaration(context.service, context.operation)["in"]
        named = {
            name: _plain(value, kind)
            for (name, kind, _, _), value in zip(map(parse_notation, notations), args, strict=True)
        }
        self.calls.append({"op": context.operation, "args": named})

    def take(self) -> list[dict[str, Any]]:
        calls, self.calls = self.calls, []
        return calls


def _declaration(service: str, operation: str) -> dict[str, Any]:
    operations: dict[str, dict[str, Any]] = CONTRACT["services"][service]["operations"]
    by_document = {o.get("documentedAs"): o for o in operations.values()}
    return operations.get(operation) or by_document[operation]


def _plain(value: Any, kind: str) -> Any:
    """A value as the cases write it."""
    if isinstance(value, list):
        return [_plain(item, kind) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value is None or kind not in CONTRACT["types"]:
        return value
    plain = {}
    for field in value._type_info:
        wire = value._type_info[field].Attributes.sub_name
        plain[wire] = _plain(getattr(value, field), "")
    return plain


def recording_application() -> Callable[..., Iterable[bytes]]:
    """What `serve` runs, save that operations are remembered instead of done."""
    state = RecordingState()
    served = create_app(Settings(lexical="compatible"), state=state)

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] != CALLS_PATH:
            answer: Iterable[bytes] = served(environ, start_response)
            return answer
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(state.take()).encode()]

    return application
