"""The ids that a client or a proxy sent with a request, beside the id that we give it.

They never replace ours: two requests may carry the same id, perhaps on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

CLIENT_ID = "HTTP_X_REQUEST_ID"
TRACE = "HTTP_TRACEPARENT"
_client_id = re.compile(r"[A-Za-z0-9._-]{1,64}").fullmatch
# W3C Trace Context, version 00; neither id may be all zeros.
_trace = re.compile(
    r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}",
).fullmatch


def client_request_id(environ: Mapping[str, Any]) -> str | None:
    """The `X-Request-Id`, if it has 1 to 64 of the characters `A-Z a-z 0-9 . _ -`, else None."""
    given = environ.get(CLIENT_ID)
    return given if given and _client_id(given) else None


def traceparent(environ: Mapping[str, Any]) -> str | None:
    """The `traceparent`, if it is valid W3C Trace Context, else None."""
    given = environ.get(TRACE)
    return given if given and _trace(given) else None
