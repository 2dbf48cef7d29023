"""The background process beside the workers: forked like them, and restarted when it dies."""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic

from sippulse_ws.serving.children import end_with, has_ended, rename, start_child

log = logging.getLogger(__name__)

TITLE = "sippulse-ws: background"
AGAIN_SECONDS = 1.0  # until it is restarted after it died or could not start; doubled each time
MOST_SECONDS = 30.0
LIVED_SECONDS = 60.0  # after a life of that length the pause is the shortest again
END_SECONDS = 10  # that it has to finish its work


class Companion:
    """A process that runs `work(master)`; it shares the master's memory, but not its sockets."""

    def __init__(self, work: Callable[[int], None], listeners: Sequence[socket.socket]) -> None:
        self.pid = 0
        self._work = work
        self._listeners = listeners
        self._began = 0.0
        self._due = 0.0
        self._pause = AGAIN_SECONDS
        self._killed_at = 0.0  # unless it ends before; 0: it was not told to

    def keep(self) -> None:
        """Start the process if there is none. To be called regularly."""
        if self.pid and has_ended(self.pid):
            self._ended()
        if self._killed_at and self._killed_at <= monotonic():
            self._tell(signal.SIGKILL)
        if not self.pid and self._due <= monotonic():
            self._start()

    def patience(self) -> float:
        """Seconds until `keep` must be called again."""
        return 1.0 if self.pid else max(0.0, self._due - monotonic())

    def restart(self) -> None:
        """Tell the process to end, and kill it later if it does not; `keep` starts it again."""
        self._tell(signal.SIGTERM)
        self._killed_at = self._killed_at or monotonic() + END_SECONDS

    def end(self) -> None:
        """Tell the process to end, and wait some seconds for it to finish its work."""
        self._tell(signal.SIGTERM)
        deadline = monotonic() + END_SECONDS
        while self.pid and not has_ended(self.pid):
            if monotonic() > deadline:
                self._tell(signal.SIGKILL)
            time.sleep(0.02)
        self.pid = 0

    def _start(self) -> None:
        master = os.getpid()
        self._began = monotonic()
        try:
            self.pid = start_child(lambda: self._become(master))
        except OSError as error:
            self._pause_after(f"could not be started: {error}")

    def _become(self, master: int) -> None:
        rename(TITLE)
        end_with(master)
        for listener in self._listeners:  # otherwise clients would wait in them in vain
            listener.close()
        self._work(master)

    def _ended(self) -> None:
        self.pid, self._killed_at = 0, 0.0
        if monotonic() - self._began >= LIVED_SECONDS:
            self._pause = AGAIN_SECONDS
        self._pause_after("ended")

    def _pause_after(self, what: str) -> None:
        log.error("the background process %s; again in %s s", what, self._pause)
        self._due = monotonic() + self._pause
        self._pause = min(2 * self._pause, MOST_SECONDS)

    def _tell(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            if self.pid:
                os.kill(self.pid, number)
