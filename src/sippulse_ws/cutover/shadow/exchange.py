"""A client's request with its answer, as they came over the wire."""

from __future__ import annotations

from dataclasses import dataclass, field

Headers = list[tuple[bytes, bytes]]
KEPT_BYTES = 10 * 1024 * 1024  # bytes of a body that are kept for comparing


@dataclass(slots=True)
class HttpMessage:
    """Headers and body of a request or an answer, without transfer codings."""

    headers: Headers = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list)
    size: int = 0
    complete: bool = False

    def add(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.size <= KEPT_BYTES:
            self.pieces.append(piece)

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)

    @property
    def is_whole(self) -> bool:
        return self.complete and self.size <= KEPT_BYTES

    def header(self, name: str) -> str:
        """The value of the first header of this name, or ""."""
        wanted = name.lower().encode()
        found = (value for key, value in self.headers if key.lower() == wanted)
        return next(found, b"").decode("latin-1")


@dataclass(slots=True)
class Exchange:
    """Moments are of time.monotonic(), which is the same for all processes of a machine."""

    client: str
    method: str
    target: str
    version: str
    began: float
    request: HttpMessage = field(default_factory=HttpMessage)
    answer: HttpMessage = field(default_factory=HttpMessage)
    sent: float = 0.0  # when the request was complete
    ended: float = 0.0
    status: int = 0  # 0: there was no answer

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def milliseconds(self) -> float:
        """Time from the end of the request to the end of its answer."""
        return (self.ended - (self.sent or self.began)) * 1000

    @property
    def size(self) -> int:
        """Bytes that it occupies in a queue."""
        return min(self.request.size, KEPT_BYTES) + min(self.answer.size, KEPT_BYTES) + 1024
