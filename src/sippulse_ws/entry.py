"""The program. `serve` becomes a server in a process that never reads a command line.

What reads command lines and settings takes 25 MiB. A child of the first process reads them, says
what is wrong, and hands them over; meanwhile the first process, which has the id that its starter
knows, loads what serves.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any

_COMPLETING = "_SIPPULSE_WS_COMPLETE"  # set by shells that want to know how to go on
_INTERRUPTED = 130  # exit status, as of every command
_handing: list[int] = []  # in the child: the file descriptor on which it hands over


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == ["serve"] and "--ephemeral" not in arguments and not _is_completing():
        _serve()
    else:
        _run_command()


def is_read_only() -> bool:
    """Whether this process only reads, and another one serves."""
    return bool(_handing)


def hand_over(*read: Any) -> None:
    """Give what was read to the process that serves."""
    with suppress(BrokenPipeError), os.fdopen(_handing[0], "wb") as pipe:
        pickle.dump(read, pipe)


def _is_completing() -> bool:
    return _COMPLETING in os.environ


def _run_command() -> None:
    from sippulse_ws.cli import app  # noqa: PLC0415 - not in a process that serves

    app()


def _serve() -> None:
    reading, writing = os.pipe()
    child = _fork()
    if not child:
        os.close(reading)
        _handing.append(writing)
        _run_command()
        sys.exit()
    os.close(writing)
    try:
        server = import_module("sippulse_ws.server")
        with os.fdopen(reading, "rb") as pipe:
            read = pipe.read()
        status = _status_of(child)
    except KeyboardInterrupt:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(child, signal.SIGINT)
            _status_of(child)
        sys.exit(_INTERRUPTED)
    if status or not read:
        sys.exit(status)
    settings, options, log_format = pickle.loads(read)  # noqa: S301 - of our own child
    try:
        server.prepare_process(log_format)
        sys.exit(server.run_until_told(settings, server.ServeOptions(*options)))
    except KeyboardInterrupt:  # before the server has its own way to end
        sys.exit(_INTERRUPTED)


def _fork() -> int:
    """A child that an interrupt ends without a word: this process says what there is to say."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    child = os.fork()
    if not child:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    return child


def _status_of(child: int) -> int:
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status if status >= 0 else 128 - status
