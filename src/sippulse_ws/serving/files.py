"""Long answers: sent from their files by granian, which opens each by its path."""

from __future__ import annotations

import os
from pathlib import Path
from time import monotonic

from sippulse_ws.serving.rsgi import Disconnect, RsgiProtocol
from sippulse_ws.wire.spooled import Spooled

# Seconds after which a file that granian has not opened is closed: its client has gone.
_PATIENCE = 30
_OPEN_FILES = Path("/proc/self/fd")


class _Sent:
    def __init__(self, answer: Spooled, proto: RsgiProtocol) -> None:
        self.answer = answer
        self._proto = proto
        self._since = monotonic()
        self._gone: Disconnect | None = None

    @property
    def is_over(self) -> bool:
        if self._gone is None:
            self._gone = self._proto.client_disconnect()
        return self._gone.done() or monotonic() - self._since > _PATIENCE

    def close(self) -> None:
        if self._gone is not None:
            self._gone.cancel()
        self.answer.close()


class SentFiles:
    """Keeps each file open until granian has opened it too."""

    def __init__(self) -> None:
        self._kept: list[_Sent] = []

    def __len__(self) -> int:
        return len(self._kept)

    def path_of(self, answer: Spooled, proto: RsgiProtocol) -> str:
        """A path by which granian can open the file, which has no name of its own."""
        self._kept.append(_Sent(answer, proto))
        return str(_OPEN_FILES / str(answer.fileno()))

    def let_go(self) -> None:
        """Close files that granian has opened, or never will. Called in the event loop."""
        if not self._kept:
            return
        opened = _open_files()
        kept, self._kept = self._kept, []
        for sent in kept:
            if sent.is_over or opened.count(_identity(sent.answer.fileno())) > 1:
                sent.close()
            else:
                self._kept.append(sent)


def _open_files() -> list[tuple[int, int] | None]:
    return [_identity(int(name)) for name in os.listdir(_OPEN_FILES)]  # noqa: PTH208


def _identity(descriptor: int) -> tuple[int, int] | None:
    try:
        found = os.fstat(descriptor)
    except OSError:  # closed meanwhile
        return None
    return found.st_dev, found.st_ino
