"""TLS to the database: how it begins, and what OpenSSL remembers of a connection that was lost.

OpenSSL keeps one queue of errors per thread. What a lost connection leaves there is taken for an
error of the thread's next, healthy one (CPython issue 148594, seen with OpenSSL 3.5 and later).
"""

from __future__ import annotations

from functools import cache
from ssl import CERT_NONE, PROTOCOL_TLS_CLIENT, MemoryBIO, SSLContext


@cache
def unverified_context() -> SSLContext:
    """The TLS context of all connections that check no certificate."""
    context = SSLContext(PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = CERT_NONE
    return context


def clear_tls_errors() -> None:
    """Empty this thread's OpenSSL error queue: Python does so when it creates an SSL object."""
    unverified_context().wrap_bio(MemoryBIO(), MemoryBIO())
