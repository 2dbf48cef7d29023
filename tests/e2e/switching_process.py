"""The background's switch of price lists, killed before one of its steps or after its commit.

Usage: python -m tests.e2e.switching_process URL STEP
"""

import os
import signal
import sys
from typing import Any

from sippulse_ws.db import Database
from sippulse_ws.domain import price_lists
from sippulse_ws.jobs.price_lists import apply_due

# Functions of domain/price_lists.py in their order; the last stands for what comes after them.
STEPS = ("_keep", "_remove_gone", "_change_differing", "_add_new", "get_list", "commit")


def die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(url: str, step: str) -> None:
    if step == "get_list":  # called first, and again when all is written and not committed
        get_list, calls = price_lists.get_list, list[int]()

        def second(*arguments: Any) -> Any:
            calls.append(1)
            return die() if len(calls) > 1 else get_list(*arguments)

        setattr(price_lists, step, second)
    elif step != "commit":
        setattr(price_lists, step, die)
    apply_due(Database(url))
    die()


if __name__ == "__main__":
    main(*sys.argv[1:])
