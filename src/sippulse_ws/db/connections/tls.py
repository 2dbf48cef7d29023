"""What OpenSSL remembers of a TLS connection that was lost.

OpenSSL keeps one queue of errors per thread. What a lost connection leaves there is taken for an
error of the thread's next, healthy one (CPython issue 148594, seen with OpenSSL 3.5 and later).
"""

from __future__ import annotations

from functools import cache
from ssl import CERT_NONE, PROTOCOL_TLS_CLIENT, MemoryBIO, SSLContext


@cache
def _context() -> SSLContext:
    context = SSLContext(PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = CERT_NONE
    return context


def clear_tls_errors() -> None:
    """Empty this thread's queue; Python does that whenever it makes an object of `ssl`."""
    _context().wrap_bio(MemoryBIO(), MemoryBIO())
