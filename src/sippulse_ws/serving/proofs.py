"""Credentials that were right recently, recognized by the front before it parses a request.

Used only to order requests: when somebody guesses passwords from an address, other clients at that
address whose credentials were right are not delayed.
"""

from __future__ import annotations

import hashlib
import os
import re
from time import time
from typing import Any

from sippulse_ws.domain.shared_marks import SharedMarks

SECONDS = 3600  # for which credentials are remembered
_AGAIN = 60.0  # seconds between notes for an address where nobody guesses
_MOST = 4096  # addresses that are remembered for that
_GOOD = b"good".ljust(16)
_LONGEST = 4096  # bytes of a principal
_SECRETS = re.compile(rb"[<:\"](login|password)\b([^<,}]*)")


class Proofs:
    """Credentials that were right, shared by all workers; made before they are forked."""

    def __init__(self) -> None:
        self._secret = os.urandom(32)
        self._marks = SharedMarks()
        self._noted: dict[str, float] = {}  # by address, of this process

    def note(self, request: Any, address: str, *, suspected: bool) -> None:
        """Note the credentials of a request that succeeded; once a minute if not `suspected`."""
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
    """The credentials as they were sent: HTTP Basic, or the bytes of an XML or JSON principal."""
    basic = request.scope.headers.get("authorization")
    if basic:
        return str(basic).encode(errors="surrogatepass")
    found = sorted(_SECRETS.findall(_principal(request.body)))
    return repr(found).encode() if found else None


def _principal(body: bytes) -> bytes:
    """The bytes of the principal: between its tags in XML, up to the closing brace in JSON.

    Takes linear time for any body, because it runs in the event loop.
    """
    if body.lstrip()[:1] == b"{":
        start = body.rfind(b'"principal"')
        end = body.find(b"}", start)
    else:
        end = body.rfind(b"principal>")
        start = body.rfind(b"principal", 0, max(end, 0))
    return body[start:end] if 0 <= start < end <= start + _LONGEST else b""
