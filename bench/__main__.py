"""Runs benchmarks: `python -m bench` or `make bench`; `--help` tells the options."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from pathlib import Path

from bench import floor, growth, memory, server
from bench.load import allow_connections
from bench.served import DRIVERS

QUIET = 0.3  # load average above which figures are not worth keeping
PARTS = (
    "wire",
    "doors",
    "floor",
    "server",
    "growth",
    "memory",
    "rates",
    "cdrs",
    "files",
    "charging",
    "guard",
    "stall",
    "migration",
)
# The others are programs by themselves, `python -m bench.NAME`; without --full, less of some.
SMALL = {
    "cdrs": ("--rows", "200000"),
    "files": ("--rows", "1000000"),
    "migration": ("--subscribers", "200"),
}
OURS = {"floor": floor.run, "server": server.run, "growth": growth.run, "memory": memory.run}


def main() -> int:
    options = parser().parse_args()
    allow_connections()
    describe_machine()
    missed = False  # a target of a part that has one
    for part in options.parts or PARTS:
        if part in OURS:
            OURS[part](options)
        else:
            print(f"\n## {part}\n", flush=True)
            less = () if options.full else SMALL.get(part, ())
            command = [sys.executable, "-m", f"bench.{part}", *less]
            missed = bool(subprocess.run(command, check=False).returncode) or missed
    return int(missed)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    made.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    made.add_argument("--full", action="store_true", help="all sizes; takes half an hour")
    made.add_argument("--subscribers", type=int, default=100_000, metavar="N")
    made.add_argument("--seconds", type=int, default=3, help="of load per operation")
    made.add_argument("--drivers", nargs="+", choices=list(DRIVERS), default=list(DRIVERS))
    made.add_argument(
        "--pythons", nargs="+", default=[], metavar="PYTHON",
        help="of server: interpreters to compare, or LABEL=COMMAND that is a sippulse-ws;"
        " default: those of this machine",
    )  # fmt: skip
    made.add_argument("--only-pythons", action="store_true", help="of server: that alone")
    return made


def describe_machine() -> None:
    cpuinfo = Path("/proc/cpuinfo").read_text()
    model = next(line for line in cpuinfo.splitlines() if line.startswith("model name"))
    print(
        f"{os.cpu_count()} x {model.partition(': ')[2]}, Linux {platform.release().split('-')[0]},"
    )
    print(f"CPython {platform.python_version()}; load generator and database on the same machine.")
    load = os.getloadavg()[0]
    if load > QUIET:
        print(f"The machine is busy (load average {load}): times and rates mean little.")


if __name__ == "__main__":
    sys.exit(main())
