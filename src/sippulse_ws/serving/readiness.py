"""Answers /readyz with the result of the last probe, so that no request waits for one."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from time import monotonic, sleep

from sippulse_ws.serving.refusals import Refusal

_EVERY = 1.0  # seconds between probes
OLDEST = 2.0  # seconds; an older result means "not ready"
TEXT = [("Content-Type", "text/plain; charset=utf-8")]
STARTING: Refusal = (503, TEXT, b"starting\n")
STUCK: Refusal = (503, TEXT, b"database does not answer\n")


class Readiness:
    """Probes in a thread of its own; `probe` is the application's answer to /readyz."""

    def __init__(self, probe: Callable[[], Refusal]) -> None:
        self.draining = False
        self._probe = probe
        self._last = STARTING
        self._at = monotonic()

    def start(self) -> None:
        Thread(target=self._run, name="readiness", daemon=True).start()

    def __call__(self) -> Refusal:
        if self.draining:
            return 503, TEXT, b"stopping\n"
        if monotonic() - self._at > OLDEST:
            return STUCK
        return self._last

    def _run(self) -> None:
        while True:
            self._last = self._probe()
            self._at = monotonic()
            sleep(_EVERY)
