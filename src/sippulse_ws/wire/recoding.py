"""Recodes finished answers from UTF-8 to another charset."""

from collections.abc import Iterable, Iterator

from .charsets import Charset
from .faults import PROLOG
from .spooled import Spooled

_PROLOG = PROLOG.encode()


def in_charset(document: bytes | Spooled, charset: Charset) -> bytes | Spooled:
    """The same document; a character that the charset lacks becomes a character reference."""
    prolog = PROLOG.replace("UTF-8", charset.label)
    if isinstance(document, bytes):
        return charset.encode(prolog + document.decode().removeprefix(PROLOG))
    return Spooled(charset.encode_pieces(_with_prolog(document, prolog.encode())))


def _with_prolog(pieces: Iterable[bytes], prolog: bytes) -> Iterator[bytes]:
    yield prolog
    prefix = _PROLOG
    for piece in pieces:  # the first one contains the whole prolog
        yield piece.removeprefix(prefix)
        prefix = b""
