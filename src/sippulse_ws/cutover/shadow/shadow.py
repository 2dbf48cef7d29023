"""Two processes: one hands bytes on, the other does everything that nobody may wait for.

Between them is a queue with a bound; what finds no room in it is counted, and lost.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import multiprocessing
import os
import queue
import signal
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from sippulse_ws.cutover.shadow.exchange import Exchange
from sippulse_ws.cutover.shadow.judge import Judge, JudgeOptions
from sippulse_ws.cutover.shadow.mirror import Mirror
from sippulse_ws.cutover.shadow.relay import Relay, ServerAddress
from sippulse_ws.cutover.shadow.report import write_reports
from sippulse_ws.cutover.shadow.scrubbing import Pseudonyms
from sippulse_ws.cutover.shadow.tally import Findings, load_findings

REPORT = "report"
QUEUED = 2000  # exchanges between the processes
QUEUED_BYTES = 256 * 1024 * 1024
STOP_SECONDS = 30.0  # for answers that clients wait for
DRAIN_SECONDS = 300.0  # for what is still to be compared; the rest is counted as not compared
REFRESH = 2.0  # seconds between two states of the report

_processes: Any = multiprocessing.get_context("fork")


@dataclass(frozen=True, slots=True)
class ShadowOptions:
    host: str
    port: int
    old: ServerAddress
    new: ServerAddress
    judge: JudgeOptions
    language: str = "pt"
    switch: bool = False  # clients are answered by the new server
    key: bytes | None = None
    concurrency: int = 8
    verify: bool = True
    certificate: tuple[Path, Path] | None = None  # to listen with TLS: it, and its key

    @property
    def answering(self) -> ServerAddress:
        return self.new if self.switch else self.old

    @property
    def mirrored(self) -> ServerAddress:
        return self.old if self.switch else self.new


def _number() -> Any:
    """Shared, with one process that writes it: a lock would stay with a process that is killed."""
    return _processes.Value("q", 0, lock=False)


@dataclass(slots=True)
class Handover:
    """From the relay to the judge; nothing in it waits."""

    queue: Any = field(default_factory=lambda: _processes.Queue(QUEUED))
    given: Any = field(default_factory=_number)  # bytes
    taken: Any = field(default_factory=_number)  # by the judge; all others are the relay's
    lost: Any = field(default_factory=_number)
    deaf: Any = field(default_factory=_number)
    refused: Any = field(default_factory=_number)

    def put(self, exchange: Exchange) -> None:
        size = exchange.size
        if self.given.value - self.taken.value + size > QUEUED_BYTES:
            self.lost.value += 1
            return
        try:
            self.queue.put_nowait(exchange)
        except queue.Full:
            self.lost.value += 1
        else:
            self.given.value += size

    def grow_deaf(self) -> None:
        self.deaf.value += 1

    def get(self) -> Exchange | None:
        """None at the end; queue.Empty after a second without any."""
        found: Exchange | None = self.queue.get(timeout=1)
        if found is not None:
            self.taken.value += found.size
        return found


def run_shadow(
    options: ShadowOptions,
    started: Callable[[str], None],
    show: Callable[[Findings, str], None],
    warn: Callable[[str], None],
) -> bool:
    """Until a signal ends it; whether nothing went wrong with the comparing itself.

    `started` is told the address, `show` is called in the other process with each new state.
    """
    handover = Handover()
    judge = _processes.Process(target=_judge_process, args=(options, handover, show), daemon=True)
    judge.start()
    try:
        asyncio.run(_relay(options, handover, started, judge, warn))
    finally:
        if judge.is_alive():
            with suppress(queue.Full):
                handover.queue.put(None, timeout=STOP_SECONDS)
        judge.join(2 * DRAIN_SECONDS)
        if judge.is_alive():
            judge.kill()
            judge.join()
        handover.queue.cancel_join_thread()  # nobody reads any more what is still in it
    return bool(judge.exitcode == 0)


async def _relay(
    options: ShadowOptions,
    handover: Handover,
    started: Callable[[str], None],
    judge: Any,
    warn: Callable[[str], None],
) -> None:
    relay = Relay(options.answering, handover.put, handover.grow_deaf, verify=options.verify)
    tls = None
    if options.certificate is not None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(*options.certificate)
    port = await relay.start(options.host, options.port, tls)
    host = options.host or "0.0.0.0"  # noqa: S104 - what an empty one means
    started(f"{'https' if tls else 'http'}://{host}:{port}")
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, ended.set)
    alive = True
    while not ended.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), 1)
        handover.refused.value = relay.refused
        if alive and not judge.is_alive():
            alive = False
            warn("comparing")
    await relay.stop(STOP_SECONDS)
    handover.refused.value = relay.refused


def _judge_process(
    options: ShadowOptions, handover: Handover, show: Callable[[Findings, str], None]
) -> None:
    for one in (signal.SIGINT, signal.SIGTERM):  # it ends when the relay says so
        signal.signal(one, signal.SIG_IGN)
    os.nice(5)  # clients come first
    asyncio.run(_judging(options, handover, show))


async def _judging(
    options: ShadowOptions, handover: Handover, show: Callable[[Findings, str], None]
) -> None:
    folder = options.judge.folder
    findings = Findings(options.answering.url, options.mirrored.url, options.switch, began=now())
    load_findings(findings, folder / f"{REPORT}.json")
    before = dict(findings.rest)
    mirror = Mirror(options.mirrored.url, options.concurrency, verify=options.verify)
    judge = Judge(options.judge, mirror, findings, Pseudonyms(options.key))
    parent = os.getppid()
    shown = 0.0

    def tell() -> None:
        for name in ("lost", "deaf", "refused"):
            if count := getattr(handover, name).value:
                findings.rest[name] = before.get(name, 0) + count
        findings.until = now()
        judge.save()
        with suppress(OSError):  # a full disk ends the recording, which the report says
            write_reports(findings, folder, REPORT, options.language, judge.recording.stopped)
        show(findings, judge.recording.stopped)

    while True:
        try:
            exchange = await asyncio.to_thread(handover.get)
        except queue.Empty:
            if os.getppid() != parent:  # the relay was killed
                break
        else:
            if exchange is None:
                break
            judge.take(exchange)
        if monotonic() - shown > REFRESH:
            shown = monotonic()
            tell()
    await judge.finish(DRAIN_SECONDS)
    tell()


def now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
