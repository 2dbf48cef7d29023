"""Reads the idempotency key of a request; key and parameters are stored as digests only."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from sippulse_ws.domain.idempotency import KeyedRequest
from sippulse_ws.domain.repeat_errors import InvalidIdempotencyKey
from sippulse_ws.row_columns import RowColumns
from sippulse_ws.services.operation import Operation
from sippulse_ws.wire.context import Context

_HEADER = "Idempotency-Key"
LONGEST_KEY = 255  # characters
# RFC 8941, 3.3.3: a string of a structured field; parameters after it are ignored
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"(?:;.*)?')
_PLAIN = re.compile(r"[!#-~][ -~]*")
_ESCAPED = re.compile(r"\\(.)")


def keyed_request(
    operation: Operation, context: Context, values: Mapping[str, Any], hours: int
) -> KeyedRequest | None:
    """The request's idempotency key, if it has one and the operation writes or acts.

    `hours` is for how long the outcome is stored. Raises InvalidIdempotencyKey.
    """
    if not (operation.writes or operation.acts) or not (texts := context.told(_HEADER)):
        return None
    keys = {_read(text) for text in texts}
    if len(keys) > 1:
        raise InvalidIdempotencyKey(longest=LONGEST_KEY)
    key = keys.pop()
    owner: list[Any] = ["administrator", context.login]
    if operation.right.customer:
        # the stored outcome is returned without a check of the password, so it is part of the key
        owner = ["customer", context.login, values.get("actual_password")]
    token = hashlib.sha256(json.dumps([*owner, key]).encode()).hexdigest()
    return KeyedRequest(
        token=token,
        digest=_digest(key, context, values),
        login=context.login,
        operation=context.operation,
        hours=hours,
        in_transaction=operation.writes,
    )


def _read(text: str) -> str:
    """The key in a header's value, which may be quoted."""
    text = text.strip()
    if text.startswith('"'):
        quoted = _QUOTED.fullmatch(text)
        key = _ESCAPED.sub(r"\1", quoted[1]) if quoted else ""
    else:
        key = text if _PLAIN.fullmatch(text) else ""
    if not 1 <= len(key) <= LONGEST_KEY:
        raise InvalidIdempotencyKey(longest=LONGEST_KEY)
    return key


def _as_json(value: Any) -> Any:
    return list(value) if isinstance(value, RowColumns) else str(value)


def _digest(key: str, context: Context, values: Mapping[str, Any]) -> str:
    """A digest of the operation and its parameters.

    It is keyed with the idempotency key, which is not stored: with a plain digest, a reader of the
    database could guess passwords among the parameters.
    """
    parts = [context.service, context.operation, values]
    text = json.dumps(parts, sort_keys=True, default=_as_json)
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
