"""CPythons side by side: a server for each on one database, taking turns. A part of `bench server`.

Each needs an environment of its own, which is made here: `.venv-bench-3.13` and so on. Systems
of `make test-matrix` have theirs, with the code of its last run and PyMySQL; root can use them.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench import cases
from bench.cases import Case
from bench.database import BenchDatabase
from bench.measure import Figures, check, medians, under_load, warm_up
from bench.served import DRIVERS, Served, ours
from bench.table import Table

ROOT = Path(__file__).parents[1]
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
CASES = (
    cases.RETRIEVE_SUBSCRIBER,
    cases.LIST_BY_ACC,
    cases.LIST_RATES,
    cases.ADD_CREDIT,
    cases.INSERT_SUBSCRIBER,
)
ROUNDS = 3
WARM_SECONDS = 2  # 3.13 and 3.14 specialize code, as 3.11 does
SYSTEMS = ROOT / "var" / "matrix"
IN_SYSTEM = "/src/.venv/bin"
# exec, so that the process that is started becomes the server
ENTER = 'mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'
TELL = "import sys; print('%d.%d.%d' % sys.version_info[:3])"


def compare(
    pythons: Sequence[str], db: BenchDatabase, drivers: Sequence[str], seconds: int
) -> None:
    """`pythons` as `programs` takes them; with less than two there is nothing to compare."""
    named = programs(pythons)
    for driver in drivers:
        found = named if pythons or driver != "pymysql" else named | in_systems()
        if len(found) < 2:
            print(f"\nInterpreters: only {', '.join(found)} here; name others by --pythons.")
            continue
        print(f"\n## Interpreters with {DRIVERS[driver]}, by turns, {ROUNDS} rounds")
        with ExitStack() as stack:
            servers = {
                label: stack.enter_context(ours(f"python-{number}", db, driver, program))
                for number, (label, program) in enumerate(found.items())
            }
            show(servers, db, seconds)


def programs(pythons: Sequence[str]) -> dict[str, list[str]]:
    """By label the command of each: of an interpreter's path, or of LABEL=COMMAND.

    Such a command is one that starts `sippulse-ws`, say in a chroot. Without any, all supported
    CPythons of this machine.
    """
    made: dict[str, list[str]] = {}
    for one in pythons or find():
        label, given, command = one.partition("=")
        if given:
            made[label] = shlex.split(command)
        elif (python := shutil.which(one)) is not None:
            made[f"CPython {told(python)}"] = [str(environment(python) / "bin" / "sippulse-ws")]
        else:
            raise SystemExit(f"{one} is no interpreter here")
    return made


def find() -> list[str]:
    """This one, and those of other versions in PATH or in pyenv, one each."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = {f"{sys.version_info.major}.{sys.version_info.minor}": sys.executable}
    for version in VERSIONS:
        there = [shutil.which(f"python{version}"), *pyenv.glob(f"{version}.*/bin/python")]
        for one in there:
            # pyenv's shims are there for versions that are not chosen, and do not run
            if one and told(str(one)).startswith(f"{version}."):
                found.setdefault(version, str(one))
    return list(found.values())


def in_systems() -> dict[str, list[str]]:
    """Those of `make test-matrix`'s Debians."""
    if os.geteuid() != 0:
        return {}
    made: dict[str, list[str]] = {}
    for root in sorted(SYSTEMS.glob("*")):
        if (root / IN_SYSTEM[1:] / "sippulse-ws").exists():
            enter = ["unshare", "--mount", "sh", "-c", ENTER, str(root)]
            version = told(*enter, f"{IN_SYSTEM}/python")
            made[f"CPython {version} of {root.name}"] = [*enter, f"{IN_SYSTEM}/sippulse-ws"]
    return made


def told(*python: str) -> str:
    """Its version; empty for one that does not run."""
    result = subprocess.run([*python, "-c", TELL], capture_output=True, text=True, check=False)
    return result.stdout.strip()


def environment(python: str) -> Path:
    """The folder of its environment; of the one that runs this it is there."""
    if Path(python) == Path(sys.executable):
        return Path(sys.prefix)
    version = ".".join(told(python).split(".")[:2])
    folder = ROOT / f".venv-bench-{version}"
    subprocess.run(
        ["scripts/venv.sh", folder.name, "main", "fast"],
        cwd=ROOT,
        env=os.environ | {"PYTHON": python},
        check=True,
    )
    return folder


def show(servers: dict[str, Served], db: BenchDatabase, seconds: int) -> None:
    table = Table("operation", "interpreter", "CPU ms", "ratio", "req/s", "p99 ms", "PSS MiB")
    for case in CASES:
        for served in servers.values():
            check(served, case, db)
            warm_up(served, case, db, WARM_SECONDS)
        first = None
        for label, figures in in_turn(servers, case, db, seconds).items():
            first = first or figures.cpu
            load = figures.load
            row = (figures.cpu, figures.cpu / first, load.rate, load.p99, figures.memory)
            table.add(case.name, label, *row)


def in_turn(
    servers: dict[str, Served], case: Case, db: BenchDatabase, seconds: int
) -> dict[str, Figures]:
    """The medians by label."""
    rounds = [
        [under_load(one, case, db, case.connections, seconds) for one in servers.values()]
        for _ in range(ROUNDS)
    ]
    each = [medians(list(of_one)) for of_one in zip(*rounds, strict=True)]
    return dict(zip(servers, each, strict=True))
