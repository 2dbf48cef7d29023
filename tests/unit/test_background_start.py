"""Starting a program beside a supervisor that forks."""

import subprocess
import sys
import textwrap

_SCRIPT = textwrap.dedent("""
    import os, sys, threading, time
    from sippulse_ws.cli.background import start

    def start_many():
        for _ in range(60):
            start(["/bin/true"]).wait()

    starting = threading.Thread(target=start_many, daemon=True)
    starting.start()
    children = []
    while starting.is_alive() and len(children) < 300:
        if not (pid := os.fork()):
            time.sleep(60)
            os._exit(0)
        children.append(pid)
    starting.join(20)
    stuck = starting.is_alive()
    for pid in children:
        os.kill(pid, 9)
    sys.exit(int(stuck))
""")


def test_a_fork_meanwhile_holds_up_no_start() -> None:
    ended = subprocess.run([sys.executable, "-c", _SCRIPT], timeout=120, check=False)
    assert ended.returncode == 0
