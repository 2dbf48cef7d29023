"""Credentials that were right lately, as the front sees them before it reads a request.

A hint only: who guesses behind an address is held back, and others there, who are known, are not.
"""

from __future__ import annotations

import hashlib
import os
import re
from time import time
from typing import Any

from sippulse_ws.domain.shared_marks import SharedMarks

SECONDS = 3600  # that a proof is good for
_AGAIN = 60.0  # seconds between two proofs noted of an address that is not suspected
_MOST = 4096  # addresses that are remembered for that
_GOOD = b"good".ljust(16)
_LONGEST = 4096  # bytes of a principal
_SECRETS = re.compile(rb"[<:\"](login|password)\b([^<,}]*)")


class Proofs:
    """Made before the workers are forked, which share what was right."""

    def __init__(self) -> None:
        self._secret = os.urandom(32)
        self._marks = SharedMarks()
        self._noted: dict[str, float] = {}  # by address, of this process

    def note(self, request: Any, address: str, *, suspected: bool) -> None:
        """A request was answered well. Of addresses that nobody suspects one a minute is noted."""
        now = time()
        if not suspected and now - self._noted.get(address, 0.0) < _AGAIN:
            return
        if len(self._noted) >= _MOST:
            self._noted.clear()
        self._noted[address] = now
        key = self._key(request, address)
        if key is not None:
            self._marks.put(key, _GOOD)

    def has(self, request: Any, address: str) -> bool:
        key = self._key(request, address)
        found = None if key is None else self._marks.get(key)
        return found is not None and time() - found[1] < SECONDS

    def _key(self, request: Any, address: str) -> bytes | None:
        credentials = _credentials(request)
        if credentials is None:
            return None
        made = hashlib.blake2b(digest_size=16, key=self._secret)
        for part in (address.encode(), credentials):
            made.update(len(part).to_bytes(4, "little") + part)
        return made.digest()


def _credentials(request: Any) -> bytes | None:
    """As they stand there: HTTP Basic, or a principal of XML or JSON."""
    basic = request.scope.headers.get("authorization")
    if basic:
        return str(basic).encode(errors="surrogatepass")
    found = sorted(_SECRETS.findall(_principal(request.body)))
    return repr(found).encode() if found else None


def _principal(body: bytes) -> bytes:
    """What stands between the last two places that name one, or the last name and a brace.

    One look at each byte, whatever it is: the event loop waits for it.
    """
    if body.lstrip()[:1] == b"{":
        start = body.rfind(b'"principal"')
        end = body.find(b"}", start)
    else:
        end = body.rfind(b"principal>")
        start = body.rfind(b"principal", 0, max(end, 0))
    return body[start:end] if 0 <= start < end <= start + _LONGEST else b""
