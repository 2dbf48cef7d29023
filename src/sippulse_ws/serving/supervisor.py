"""The master process: starts workers, restarts those that end, and replaces them on SIGHUP."""

from __future__ import annotations

import logging
import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from sippulse_ws.observability.lifecycle import Lifecycle
from sippulse_ws.serving.children import SIGNALS, has_ended, start_child
from sippulse_ws.serving.companion import Companion

log = logging.getLogger("sippulse_ws.lifecycle")

# Seconds until a worker that ended by itself is restarted: at once, then ever longer.
_PAUSES = (0.0, 0.2, 0.4, 0.8, 1.6, 2.5)
# Seconds until a worker that could not be started is tried again.
_ROOM_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
STEADY_SECONDS = 30.0  # after so long a life a worker's pauses begin anew
MEMORY_SECONDS = 30.0  # between looks at the workers' memory
READY_SECONDS = 30.0  # for a new worker to serve, before the old one is told to stop anyway
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(slots=True)
class _Slot:
    """The place of one worker; of two while one replaces the other."""

    index: int
    pid: int = 0  # of the worker; 0 when there is none
    started: float = 0.0
    ends: int = 0  # how many workers in a row ended soon after their start
    refusals: int = 0  # how often in a row the system had no room for one
    due: float = 0.0  # when to start one, while there is none
    ready: int = -1  # pipe that the new worker closes when it serves
    old: int = 0  # pid of the one that is being replaced
    replace: bool = False


@dataclass(slots=True)
class Supervisor:
    """Runs `work(index, ready)` in `count` forked processes; one above `largest` bytes is replaced.

    `stopping` is called before the workers are told to stop; `stop_seconds` is how long they have.
    `companion` is the process beside them, which is told to end when they have ended.
    """

    count: int
    work: Callable[[int, Callable[[], None]], None]
    lifecycle: Lifecycle
    stop_seconds: float
    largest: int
    stopping: Callable[[], None] = lambda: None
    companion: Companion | None = None
    _slots: list[_Slot] = field(default_factory=list)
    _told: set[int] = field(default_factory=set)  # signals received
    _killed_at: dict[int, float] = field(default_factory=dict)  # by pid, of those told to stop

    def run(self) -> None:
        """Run until SIGTERM or SIGINT; SIGHUP replaces all workers, one after another."""
        self._slots = [_Slot(index) for index in range(self.count)]
        with _wakeup() as wakeup:
            for number in SIGNALS:
                signal.signal(number, lambda number, _frame: self._told.add(number))
            for slot in self._slots:
                self._start(slot)
            self._watch(wakeup)
            self.stopping()
            self._stop()
            if self.companion:
                self.companion.end()

    def _watch(self, wakeup: int) -> None:
        look = monotonic() + MEMORY_SECONDS
        while not self._told & {signal.SIGTERM, signal.SIGINT}:
            if self.companion:
                self.companion.keep()
            if select.select([wakeup], [], [], self._patience())[0]:
                os.read(wakeup, 4096)
            if signal.SIGHUP in self._told:
                self._told.discard(signal.SIGHUP)
                for slot in self._slots:
                    slot.replace = True
            self._reap()
            if monotonic() > look:
                look = monotonic() + MEMORY_SECONDS
                self._look_at_memory()
            self._start_due()
            self._go_on_replacing()
            self._kill_late_ones()

    def _patience(self) -> float:
        """The most seconds to sleep."""
        if self._killed_at or any(slot.old or slot.replace for slot in self._slots):
            return 0.05
        waits = [slot.due - monotonic() for slot in self._slots if not slot.pid]
        if self.companion:
            waits.append(self.companion.patience())
        return max(0.0, min([*waits, 1.0]))

    def _start(self, slot: _Slot) -> None:
        try:
            pid, reading = self._fork(slot.index)
        except OSError as error:  # those that are there go on serving
            self._try_later(slot, error)
            return
        self.lifecycle.spawned(slot.index)
        self._forget_pipe(slot)
        os.set_blocking(reading, False)
        slot.pid, slot.ready, slot.started, slot.refusals = pid, reading, monotonic(), 0

    def _fork(self, index: int) -> tuple[int, int]:
        """The pid of a new worker, and the file that it closes when it serves."""
        reading, writing = os.pipe()
        try:
            return start_child(lambda: self._become(index, reading, writing)), reading
        except OSError:
            os.close(reading)
            raise
        finally:
            os.close(writing)

    def _try_later(self, slot: _Slot, error: OSError) -> None:
        pause = _ROOM_PAUSES[min(slot.refusals, len(_ROOM_PAUSES) - 1)]
        slot.refusals += 1
        slot.due = monotonic() + pause
        told = {"worker": slot.index + 1, "error": str(error), "again_seconds": pause}
        log.error("worker could not be started", extra=told)

    def _become(self, index: int, reading: int, writing: int) -> None:
        """Be a worker, in the forked child."""

        def ready() -> None:
            self.lifecycle.ready()
            os.close(writing)

        os.close(reading)
        self.work(index, ready)

    def _reap(self) -> None:
        for slot in self._slots:
            if slot.old and has_ended(slot.old):
                self._killed_at.pop(slot.old, None)
                slot.old = 0
            if slot.pid and has_ended(slot.pid):
                self._ended(slot)

    def _ended(self, slot: _Slot) -> None:
        """A worker ended by itself: it crashed, was killed, or ran out of memory."""
        now = monotonic()
        slot.ends = slot.ends + 1 if now - slot.started < STEADY_SECONDS else 1
        slot.pid = 0
        self._forget_pipe(slot)
        slot.due = now + _PAUSES[min(slot.ends, len(_PAUSES)) - 1]
        log.error("worker ended", extra={"worker": slot.index + 1})

    def _start_due(self) -> None:
        now = monotonic()
        for slot in self._slots:
            if not slot.pid and slot.due <= now:
                self._start(slot)

    def _look_at_memory(self) -> None:
        for slot in self._slots:
            if slot.pid and _memory(slot.pid) > self.largest:
                log.warning("worker too large", extra={"worker": slot.index + 1})
                slot.replace = True
        if self.companion and _memory(self.companion.pid) > self.largest:
            log.warning("background process too large")
            self.companion.restart()

    def _go_on_replacing(self) -> None:
        """Replace one worker at a time: the new one serves before the old one is told to stop."""
        for slot in self._slots:
            if slot.ready >= 0 and _is_closed(slot.ready):
                self._forget_pipe(slot)
            if slot.old:
                serves = slot.ready < 0 or monotonic() - slot.started > READY_SECONDS
                if slot.pid and serves and slot.old not in self._killed_at:
                    self._tell_to_stop(slot.old)
                return
        for slot in self._slots:
            if slot.replace and slot.pid:
                slot.replace, slot.old, slot.pid = False, slot.pid, 0
                slot.ends = 0
                self._start(slot)
                return

    def _forget_pipe(self, slot: _Slot) -> None:
        if slot.ready >= 0:
            os.close(slot.ready)
            slot.ready = -1

    def _tell_to_stop(self, pid: int) -> None:
        self._killed_at[pid] = monotonic() + self.stop_seconds
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)

    def _kill_late_ones(self) -> None:
        for pid, end in list(self._killed_at.items()):
            if monotonic() > end:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _stop(self) -> None:
        pids = [pid for slot in self._slots for pid in (slot.pid, slot.old) if pid]
        for pid in pids:
            self._tell_to_stop(pid)
        while pids:
            time.sleep(0.02)
            for pid in list(pids):
                if has_ended(pid):
                    pids.remove(pid)
                    self._killed_at.pop(pid, None)
            self._kill_late_ones()


@contextmanager
def _wakeup() -> Iterator[int]:
    """A file descriptor that becomes readable when a signal comes."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = signal.set_wakeup_fd(writing)
    try:
        yield reading
    finally:
        signal.set_wakeup_fd(before)
        os.close(reading)
        os.close(writing)


def _is_closed(reading: int) -> bool:
    try:
        return os.read(reading, 1) == b""
    except BlockingIOError:
        return False


def _memory(pid: int) -> int:
    """Resident bytes."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0
