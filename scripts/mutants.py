"""Changes single places of the modules of money and access, and sees whether the tests notice.

Usage: scripts/mutants.py [LINES [SEED [MODULE…]]], by the Python of .tools/cosmic-ray
(`make mutants`). Of so many lines, as many in each module, one change each is drawn from all that
Cosmic Ray can make, and made in a copy of the tree under var/mutants. LINES `all` makes every
change of every line. One that no test notices is shown: it lacks a test, or changes nothing.
"""

import ast
import os
import random
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkItem

ROOT = Path(__file__).parents[1]
COPY = ROOT / "var" / "mutants"
# Tests are started once for each change: those that can do without fixtures take half a second.
UNIT = "--noconftest"
DATABASE = "--engine sqlite"
TESTS = {
    "domain/credit.py": f"{DATABASE} tests/unit/test_rights.py tests/integration/test_credit.py "
    "tests/integration/test_repeated_credit.py",
    "domain/access.py": f"{DATABASE} tests/integration/test_scope.py "
    "tests/integration/test_access.py",
    "domain/vault.py": f"{UNIT} tests/unit/test_vault.py",
    "domain/values.py": f"{UNIT} tests/unit/test_values.py",
    "services/operation.py": f"{UNIT} tests/unit/test_operation.py tests/unit/test_rights.py",
    "wire/lexical.py": f"{UNIT} tests/unit/wire/test_lexical.py",
}


def copy_tree() -> None:
    shutil.rmtree(COPY, ignore_errors=True)
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    for name in filter(None, map(os.fsdecode, names)):
        (COPY / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_file():
            shutil.copy(ROOT / name, COPY / name)


def run(*arguments: str) -> None:
    environment = os.environ | {
        "PYTHONPATH": "src",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # the few that are needed are named
        "CI": "1",  # hypothesis sets no time limits then
    }
    program = Path(sys.executable).with_name("cosmic-ray")
    subprocess.run([program, *arguments], cwd=COPY, env=environment, check=True)


def annotations(module: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """From where to where annotations stand: nothing evaluates them."""
    tree = ast.parse((COPY / "src" / "sippulse_ws" / module).read_text())
    found = [
        getattr(node, name, None) for node in ast.walk(tree) for name in ("annotation", "returns")
    ]
    return [
        ((one.lineno, one.col_offset), (one.end_lineno or 0, one.end_col_offset or 0))
        for one in found
        if one is not None
    ]


def drawn(module: str, items: list[WorkItem], lines: int | None) -> list[WorkItem]:
    """One change of each of so many lines, or all there are."""
    spans = annotations(module)
    by_line = defaultdict(list)
    for item in items:
        place = item.mutations[0].start_pos
        if not any(start <= place < end for start, end in spans):
            by_line[place[0]].append(item)
    if lines is None:
        return [item for some in by_line.values() for item in some]
    return [
        random.choice(by_line[n]) for n in random.sample(sorted(by_line), min(lines, len(by_line)))
    ]


def survivors(module: str, tests: str, lines: int | None) -> tuple[int, list[str]]:
    """How many changes of the module there were, and those that its tests do not notice."""
    pytest = f"{ROOT}/.venv/bin/python -m pytest -x -q -p no:cacheprovider -p pytest_timeout"
    (COPY / "mutants.toml").write_text(
        f'[cosmic-ray]\nmodule-path = "src/sippulse_ws/{module}"\ntimeout = 600.0\n'
        f'excluded-modules = []\ntest-command = "{pytest} {tests}"\n'
        '[cosmic-ray.distributor]\nname = "local"\n'
    )
    session = COPY / f"{module.replace('/', '-')}.sqlite"
    run("baseline", "mutants.toml")  # without a change the tests pass
    run("init", "mutants.toml", str(session))
    with use_db(str(session), WorkDB.Mode.open) as db:
        chosen = drawn(module, list(db.work_items), lines)
        db.clear()
        db.add_work_items(chosen)
    run("exec", "mutants.toml", str(session))
    with use_db(str(session), WorkDB.Mode.open) as db:
        return len(chosen), [
            str(result.diff)
            for _, result in db.completed_work_items
            if result.test_outcome != TestOutcome.KILLED
        ]


def main() -> int:
    arguments = dict(enumerate(sys.argv[1:]))
    lines = arguments.get(0, "60")
    random.seed(int(arguments.get(1, "1")))
    modules = sys.argv[3:] or list(TESTS)
    copy_tree()
    total, left = 0, []
    for module in modules:
        each = None if lines == "all" else int(lines) // len(modules)
        made, found = survivors(module, TESTS[module], each)
        print(f"{module}: {len(found)} of {made} survived", flush=True)
        total += made
        left += found
    for one in left:
        print(one)
    print(f"{total - len(left)} of {total} killed: {100 * (1 - len(left) / total):.0f} %")
    return int(len(left) > total / 10)


if __name__ == "__main__":
    sys.exit(main())
