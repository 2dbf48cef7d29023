"""Forked processes: none of the master's signals is taken by them, and one that fails is no end."""

import subprocess
import sys
import textwrap
from pathlib import Path

# A child is told to stop in the moment in which it is made.
_TOLD_AT_ONCE = textwrap.dedent("""
    import os, signal, time
    from sippulse_ws.serving.children import start_child

    told = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(1))
    os.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), signal.SIGTERM))
    pid = start_child(lambda: time.sleep(600))
    status = os.waitpid(pid, 0)[1]
    print(os.WTERMSIG(status) == signal.SIGTERM, told)
    os.kill(os.getpid(), signal.SIGTERM)
    print(told)
""")

# The system has no room for a worker at first; then there is one, which tells the master to stop.
_NO_ROOM = textwrap.dedent("""
    import errno, os, signal, time
    from sippulse_ws.observability.lifecycle import Lifecycle
    from sippulse_ws.serving.supervisor import Supervisor

    refused, fork = 2, os.fork

    def fork_later():
        global refused
        if refused:
            refused -= 1
            raise OSError(errno.EAGAIN, "no room")
        return fork()

    def work(index, ready):
        ready()
        os.kill(os.getppid(), signal.SIGTERM)
        time.sleep(600)

    os.fork = fork_later
    Supervisor(1, work, Lifecycle("here", 1), 60, 2**40).run()
    print(refused, len(os.listdir("/proc/self/fd")))
""")


def run(script: str, *arguments: str) -> list[str]:
    command = [sys.executable, "-c", script, *arguments]
    ended = subprocess.run(command, timeout=300, check=True, capture_output=True, text=True)
    return ended.stdout.splitlines()


def test_a_child_told_to_stop_at_once_stops_and_its_master_does_not() -> None:
    assert run(_TOLD_AT_ONCE) == ["True []", "[1]"]


def test_a_worker_that_there_was_no_room_for_is_started_later(tmp_path: Path) -> None:
    (line,) = run(_NO_ROOM)
    refused, files = map(int, line.split())
    assert refused == 0
    assert files <= 5  # the three of every process, that of the listing, the last worker's pipe
