"""ETag and If-Match: an update is refused if the object was changed since the client read it.

A tag is a digest of the result of a retrieve… operation, the same in SOAP and JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from hashlib import blake2b
from operator import attrgetter
from typing import Any

from sippulse_ws.domain.request_errors import PreconditionFailed
from sippulse_ws.wire.context import Context
from sippulse_ws.wire.fields import FieldType, fields_of, object_type

_HEADER = "If-Match"
_TAG = re.compile(r'\s*((?:W/)?"[^"]*")\s*(?:,|$)')

Tag = Callable[[Any], str]


def tagger(returns: FieldType) -> Tag:
    """A function that makes the tag of a result; `returns` is the result's field."""
    model = object_type(returns)
    if model is None:
        return lambda result: _digest((result,))
    # without passwords, since tags may be logged, and passwords could be guessed from a digest
    names = [one.attribute for one in fields_of(model) if "password" not in one.attribute]
    get = attrgetter(*names)
    return lambda result: _digest(get(result))


def _digest(values: tuple[Any, ...]) -> str:
    text = repr(values).encode(errors="surrogatepass")
    return f'"{blake2b(text, digest_size=12).hexdigest()}"'


def wanted_tags(context: Context) -> list[str]:
    """The values of If-Match, in HTTP and SOAP headers."""
    return context.told(_HEADER)


def check_tag(wanted: list[str], current: str) -> None:
    """Raises PreconditionFailed unless each header contains the current tag, or is `*`."""
    for header in wanted:
        if header.strip() != "*" and current not in _TAG.findall(header):
            raise PreconditionFailed


def key_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Username and domain of the subscriber whom an update changes."""
    inner = next((one for one in values.values() if isinstance(one, dict)), values)
    return {"username": inner.get("username"), "domain": inner.get("domain")}
