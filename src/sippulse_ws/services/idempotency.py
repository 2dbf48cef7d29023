"""Reads the idempotency key of a request, and makes digests of what must not be stored."""

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
# RFC 8941, 3.3.3: a string of a structured field, with parameters that nobody has defined
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"(?:;.*)?')
_PLAIN = re.compile(r"[!#-~][ -~]*")
_ESCAPED = re.compile(r"\\(.)")


def keyed_request(
    operation: Operation, context: Context, values: Mapping[str, Any], hours: int
) -> KeyedRequest | None:
    """The request's idempotency key; None if it changes nothing or has no key."""
    if not (operation.writes or operation.acts) or not (told := context.told(_HEADER)):
        return None
    keys = {_read(text) for text in told}
    if len(keys) > 1:
        raise InvalidIdempotencyKey(longest=LONGEST_KEY)
    key = keys.pop()
    owner: list[Any] = ["administrator", context.login]
    if operation.right.customer:
        # the password is checked only later: who does not know it must not get the stored answer
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
    """The key of a header, with or without quotes."""
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

    It is keyed with the idempotency key, which is stored nowhere: with a plain digest, somebody who
    reads the database could try out passwords.
    """
    told = [context.service, context.operation, values]
    text = json.dumps(told, sort_keys=True, default=_as_json)
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
