"""The process beside the workers: forked, started again when it dies, and heir to no socket."""

import errno
import json
import os
import subprocess
import sys
import textwrap
from itertools import pairwise
from pathlib import Path

import pytest

from sippulse_ws.serving import companion
from sippulse_ws.serving.companion import AGAIN_SECONDS, MOST_SECONDS, Companion

_SCRIPT = textwrap.dedent("""
    import json, os, signal, socket, sys, time
    from pathlib import Path
    from sippulse_ws.serving.companion import Companion

    kept, told = Path(sys.argv[1]) / "kept", Path(sys.argv[1]) / "told"
    listener = socket.create_server(("127.0.0.1", 0))

    def work(master):
        def end(*_):
            told.write_text("finished")
            sys.exit(0)
        signal.signal(signal.SIGTERM, end)
        kept.write_text(str(master))
        while True:
            time.sleep(0.01)

    def until(happens):
        end = time.monotonic() + 60
        while not happens() and time.monotonic() < end:
            one.keep()
            time.sleep(min(0.02, one.patience()))

    one = Companion(work, [listener])
    until(kept.exists)
    seen = {"master": int(kept.read_text()) == os.getpid()}
    seen["title"] = Path(f"/proc/{one.pid}/cmdline").read_bytes().rstrip(b"\\0").decode()
    address = listener.getsockname()
    listener.close()
    try:
        socket.create_connection(address, 5).close()
        seen["listens"] = True
    except ConnectionRefusedError:
        seen["listens"] = False
    first = one.pid
    kept.unlink()
    os.kill(first, signal.SIGKILL)
    until(kept.exists)
    seen["again"] = one.pid not in (0, first)
    one.end()
    seen["finished"] = told.exists()
    seen["gone"] = one.pid == 0
    print(json.dumps(seen))
""")


def test_it_is_kept_closes_the_sockets_and_ends_when_told(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(tmp_path)],
        timeout=300,
        check=True,
        capture_output=True,
        text=True,
    )
    seen = json.loads(ended.stdout)
    title = seen.pop("title")
    assert seen == {
        "master": True,
        "listens": False,
        "again": True,
        "finished": True,
        "gone": True,
    }, ended.stderr
    assert companion.TITLE.startswith(title)
    assert "background" in title


def test_one_that_dies_at_once_is_started_less_and_less_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, pid = 0.0, 0

    def fork() -> int:
        nonlocal pid
        pid += 1
        return pid

    monkeypatch.setattr(companion, "monotonic", lambda: now)
    monkeypatch.setattr(companion, "has_ended", lambda _pid: True)
    monkeypatch.setattr(os, "fork", fork)
    one = Companion(lambda _master: None, [])
    starts: list[float] = []
    while len(starts) < 9:
        before = pid
        one.keep()
        if pid > before:
            starts.append(now)
        now += 0.5
    pauses = [later - earlier for earlier, later in pairwise(starts)]
    assert pauses[0] == pytest.approx(AGAIN_SECONDS, abs=0.6)
    assert pauses == sorted(pauses)
    assert pauses[-1] == pytest.approx(MOST_SECONDS, abs=0.6)


def test_a_system_without_room_for_it_is_asked_less_and_less_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, asked = 0.0, []

    def fork() -> int:
        asked.append(now)
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(companion, "monotonic", lambda: now)
    monkeypatch.setattr(os, "fork", fork)
    one = Companion(lambda _master: None, [])
    while len(asked) < 4:
        one.keep()
        now += one.patience()
    assert [later - earlier for earlier, later in pairwise(asked)] == [1, 2, 4]
    assert one.pid == 0


def test_one_that_does_not_end_when_it_is_to_start_again_is_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0
    told: list[tuple[float, int]] = []
    monkeypatch.setattr(companion, "monotonic", lambda: now)
    monkeypatch.setattr(companion, "has_ended", lambda _pid: bool(told) and told[-1][1] == 9)
    monkeypatch.setattr(os, "fork", lambda: 7)
    monkeypatch.setattr(os, "kill", lambda _pid, number: told.append((now, int(number))))
    one = Companion(lambda _master: None, [])
    one.keep()
    for now in range(companion.END_SECONDS + 1):
        if now % 5 == 0:  # it is found too large at every look
            one.restart()
        assert one.pid == 7
        one.keep()
    assert told == [(0, 15), (5, 15), (10, 15), (companion.END_SECONDS, 9)]
    one.keep()
    assert one.pid == 0
