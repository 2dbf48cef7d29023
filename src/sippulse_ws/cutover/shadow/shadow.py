"""Runs the shadow: one process forwards bytes, another does what clients must not wait for.

Between them is a bounded spool on the disk; exchanges that do not fit into it are lost and counted.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import multiprocessing
import os
import pickle
import signal
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from time import monotonic

from sippulse_ws.cutover.shadow.exchange import Exchange
from sippulse_ws.cutover.shadow.judge import Judge, JudgeOptions
from sippulse_ws.cutover.shadow.mirror import Mirror
from sippulse_ws.cutover.shadow.relay import Relay, ServerAddress
from sippulse_ws.cutover.shadow.report import write_reports
from sippulse_ws.cutover.shadow.scrubbing import Pseudonyms
from sippulse_ws.cutover.shadow.spool import Spool, shared_number
from sippulse_ws.cutover.shadow.tally import Findings, load_findings

REPORT = "report"
BACKLOG_BYTES = 1024**3  # of the spool
UNWRITTEN_BYTES = 64 * 1024**2  # in memory, if the disk is slow
STOP_SECONDS = 30.0  # for answers that clients wait for
# At the end all waiting exchanges are compared, unless the other server is silent for so long.
_DRAIN_SECONDS = 300.0
HURRY_SECONDS = 30.0  # for running comparisons, if the operator does not want to wait
REFRESH = 2.0  # seconds between updates of the report
PAUSE = 0.02  # seconds, if nothing can be taken, or too much has been

# Warnings to the operator.
COMPARING_ENDED, STILL_WAITING, LEFT_OUT = "comparing", "waiting", "left-out"

_processes = multiprocessing.get_context("fork")


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
    certificate: tuple[Path, Path] | None = None  # (certificate, key), to listen with TLS
    backlog_bytes: int = BACKLOG_BYTES

    @property
    def answering(self) -> ServerAddress:
        return self.new if self.switch else self.old

    @property
    def mirrored(self) -> ServerAddress:
        return self.old if self.switch else self.new


class Handover:
    """Passes exchanges from the relay to the judge; neither waits for the other.

    A thread of the relay writes the spool, since the disk may be slow.
    """

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._unwritten: SimpleQueue[Exchange | None] = SimpleQueue()
        self._thread = Thread(target=self._write, daemon=True)
        self._queued = 0  # bytes; written by the relay's thread, the next by the writer
        self._written = 0
        self._abandoned = False
        self._dropped, self._full = shared_number(), shared_number()  # each written by one thread
        self.deaf, self.refused = shared_number(), shared_number()
        self._ended, self._hurried = shared_number(), shared_number()

    @property
    def lost(self) -> int:
        return int(self._dropped.value + self._full.value)

    @property
    def is_ended(self) -> bool:
        """Whether no more exchanges will come."""
        return bool(self._ended.value)

    @property
    def is_hurried(self) -> bool:
        return bool(self._hurried.value)

    def __len__(self) -> int:
        """How many exchanges wait on the disk."""
        return len(self._spool)

    def start(self) -> None:
        self._thread.start()

    def put(self, exchange: Exchange) -> None:
        if self._abandoned or self._queued - self._written > UNWRITTEN_BYTES:
            self._dropped.value += 1
            return
        self._queued += exchange.size
        self._unwritten.put(exchange)

    def _write(self) -> None:
        while (exchange := self._unwritten.get()) is not None:
            if not self._spool.put(pickle.dumps(exchange)):
                self._full.value += 1
            self._written += exchange.size

    def take(self) -> Exchange | None:
        """The next exchange; None if there is none now."""
        message = self._spool.take()
        if message is None:
            return None
        made: Exchange = pickle.loads(message)  # noqa: S301 - written by the relay, and encrypted
        return made

    def grow_deaf(self) -> None:
        self.deaf.value += 1

    def abandon(self) -> None:
        """Note that the judge will take no more exchanges."""
        self._abandoned = True

    def end(self) -> None:
        self._unwritten.put(None)
        self._thread.join()
        self._ended.value = 1

    def hurry(self) -> None:
        self._hurried.value = 1


def run_shadow(
    options: ShadowOptions,
    started: Callable[[str], None],
    show: Callable[[Findings, str], None],
    warn: Callable[[str], None],
) -> bool:
    """Run until a signal; returns whether the comparing itself worked throughout.

    `started` is called with the address, `show` in the other process with each update.
    """
    spool = Spool(options.judge.folder, options.backlog_bytes)
    handover = Handover(spool)
    judge = _processes.Process(target=_judge_process, args=(options, handover, show), daemon=True)
    judge.start()
    handover.start()
    try:
        asyncio.run(_relay(options, handover, started, judge, warn))
    finally:
        _wait_for(judge, handover, warn)
        spool.close()
    return bool(judge.exitcode == 0)


def _wait_for(judge: BaseProcess, handover: Handover, warn: Callable[[str], None]) -> None:
    """Wait until everything is compared, or until a second signal."""
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: handover.hurry())
    handover.end()
    judge.join(1)
    if judge.is_alive():
        warn(STILL_WAITING)
    while judge.is_alive() and not handover.is_hurried:
        judge.join(1)
    if judge.is_alive():
        warn(LEFT_OUT)
        judge.join(HURRY_SECONDS)
    if judge.is_alive():
        judge.kill()
        judge.join()


async def _relay(
    options: ShadowOptions,
    handover: Handover,
    started: Callable[[str], None],
    judge: BaseProcess,
    warn: Callable[[str], None],
) -> None:
    relay = Relay(options.answering, handover.put, handover.grow_deaf, verify=options.verify)
    tls = None
    if options.certificate is not None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(*options.certificate)
    port = await relay.start(options.host, options.port, tls)
    host = options.host or "0.0.0.0"  # noqa: S104 - an empty host means all addresses
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
            handover.abandon()
            warn(COMPARING_ENDED)
    await relay.stop(STOP_SECONDS)
    handover.refused.value = relay.refused


def _judge_process(
    options: ShadowOptions, handover: Handover, show: Callable[[Findings, str], None]
) -> None:
    for one in (signal.SIGINT, signal.SIGTERM):  # the relay tells it when to end
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

    def tell(left_out: int = 0) -> None:
        counts = {"lost": handover.lost + left_out}
        counts |= {"deaf": handover.deaf.value, "refused": handover.refused.value}
        for name, count in counts.items():
            if count:
                findings.rest[name] = before.get(name, 0) + count
        findings.waiting = len(handover) - left_out
        findings.until = now()
        judge.save()
        with suppress(OSError):  # a full disk: the report says that the recording stopped
            write_reports(findings, folder, REPORT, options.language, judge.recording.stopped)
        show(findings, judge.recording.stopped)

    await _take_all(judge, handover, tell)
    await judge.finish(_DRAIN_SECONDS, lambda: handover.is_hurried)
    tell(left_out=len(handover))


async def _take_all(judge: Judge, handover: Handover, tell: Callable[[], None]) -> None:
    """Take exchanges as they come, and at the end those that wait, unless told to hurry."""
    parent = os.getppid()
    told = monotonic()
    ended = 0.0
    while True:
        over = handover.is_ended or os.getppid() != parent  # or the relay was killed
        ended = ended or (monotonic() if over else 0.0)
        if over and (
            handover.is_hurried or monotonic() - max(ended, judge.last_answer) > _DRAIN_SECONDS
        ):
            return
        if judge.is_full:
            await asyncio.sleep(PAUSE)
        elif exchange := handover.take():
            judge.take(exchange)
            await asyncio.sleep(0)
        elif over:
            return
        else:
            judge.heard_all()
            await asyncio.sleep(PAUSE)
        if monotonic() - told > REFRESH:
            tell()
            told = monotonic()


def now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
