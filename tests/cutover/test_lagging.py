"""A comparing that lags behind the clients: it catches up, and judges as if it never had."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest

from sippulse_ws.cutover.shadow.judge import MOST_WAITING, Judge, JudgeOptions
from sippulse_ws.cutover.shadow.scrubbing import Pseudonyms
from sippulse_ws.cutover.shadow.shadow import Handover, _take_all
from sippulse_ws.cutover.shadow.spool import Spool
from sippulse_ws.cutover.shadow.tally import Findings
from sippulse_ws.testing.server import SippulseServer
from tests.cutover.exchanges import ANSWER, SilentMirror, exchange
from tests.cutover.standin import Caller, Shadow, account, verdicts, wait_for

CREDIT = "SubscriberWS.retrieveCredit"


def made(folder: Path, mirror: SilentMirror) -> Judge:
    options = JudgeOptions(folder, mirror_writes=True, learn_logins=False)
    return Judge(options, mirror, Findings("http://old", "http://new"), Pseudonyms())


def same(body: str) -> str:
    operation = "addCredit" if "addCredit" in body else "retrieveCredit"
    return ANSWER.format(operation=operation, value="1.0")


def other(body: str) -> str:
    return same(body).replace("1.0", "2.0")


def test_a_server_that_is_slow_for_a_while_gets_every_request(tmp_path: Path) -> None:
    count = MOST_WAITING + 300

    async def main() -> Judge:
        mirror = SilentMirror(same)
        judge = made(tmp_path, mirror)
        spool = Spool(tmp_path, 64 * 1024**2)
        handover = Handover(spool)
        handover.start()
        for number in range(count):
            handover.put(exchange("retrieveCredit", str(number)))
        taking = asyncio.create_task(_take_all(judge, handover, lambda: None))
        while len(mirror.asked) < MOST_WAITING:
            await asyncio.sleep(0.02)
        assert len(handover) == 300  # they wait where there is room for them
        mirror.speaks.set()
        handover.end()
        await taking
        await judge.finish(60, lambda: False)
        spool.close()
        return judge

    judge = asyncio.run(main())
    assert judge.findings.of(CREDIT).verdicts == {"equal": count}


def test_a_write_that_ran_beside_a_read_is_waited_for_however_late_it_is_taken(
    tmp_path: Path,
) -> None:
    async def main() -> Judge:
        mirror = SilentMirror(other)
        mirror.speaks.set()
        judge = made(tmp_path, mirror)
        now = monotonic()
        read, write = exchange("retrieveCredit", "1000"), exchange("addCredit", "1000", "1")
        write.began, read.ended, write.ended = read.began, now + 1, now + 2
        judge.take(read)
        await asyncio.sleep(0.3)  # taken, asked, and found different
        assert judge.findings.totals["requests"] == 0
        judge.take(write)
        judge.take(exchange("retrieveCredit", "1001", ended=now + 10))
        await asyncio.sleep(0.3)
        assert judge.findings.of(CREDIT).verdicts == {"explained": 1}
        await judge.finish(60, lambda: False)
        return judge

    judge = asyncio.run(main())
    assert judge.findings.of(CREDIT).verdicts == {"explained": 1, "different": 1}


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("signals", [1, 2], ids=["to-the-end", "hurried"])
def test_what_waits_at_the_end_is_compared_unless_the_operator_hurries(
    old: SippulseServer,
    new: SippulseServer,
    shadowed: Callable[..., Shadow],
    calling: Callable[[Shadow], Caller],
    signals: int,
) -> None:
    for server in (old, new):
        server.subscriber("1000")
    shadow = shadowed()
    pid = shadow.process.pid
    (judge,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    os.kill(int(judge), signal.SIGSTOP)
    call = calling(shadow)
    for _ in range(30):
        assert call("SubscriberWS", "retrieveCredit", account("1000")).status_code == 200
    call.session.close()
    shadow.process.send_signal(signal.SIGTERM)
    wait_for(lambda: "still waits" in shadow.output)
    if signals == 2:
        shadow.process.send_signal(signal.SIGTERM)
        wait_for(lambda: "left out" in shadow.output)
    os.kill(int(judge), signal.SIGCONT)
    report = shadow.ended()
    if signals == 1:
        assert verdicts(report, CREDIT) == {"equal": 30}
        assert (report["rest"], report["waiting"]) == ({}, 0)
    else:
        compared = report["totals"].get("requests", 0)
        assert report["rest"]["lost"] + compared == 30
        assert compared < 30
