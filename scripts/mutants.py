"""Changes single places of the modules of money and access, and sees whether the tests notice.

Usage: scripts/mutants.py [COUNT] [SEED], by the Python of .tools/cosmic-ray (`make mutants`).
Cosmic Ray makes the changes, in a copy of the tree under var/mutants. A change that no test notices
is shown: it lacks a test, or changes nothing.
"""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome

ROOT = Path(__file__).parents[1]
COPY = ROOT / "var" / "mutants"
_ACCESS = "integration/test_access.py integration/test_isolation.py unit/test_rights.py"
TESTS = {
    "domain/credit.py": "integration/test_credit.py unit/test_rights.py",
    "domain/access.py": _ACCESS,
    "domain/vault.py": "unit/test_vault.py",
    "domain/values.py": "unit/test_values.py integration/test_credit.py",
    "services/operation.py": _ACCESS,
    "wire/lexical.py": "unit/wire",
}
# `X | None` in annotations, which nothing evaluates
UNEVALUATED = "BitOr"


def copy_tree() -> None:
    shutil.rmtree(COPY, ignore_errors=True)
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    for name in filter(None, map(os.fsdecode, names)):
        (COPY / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_file():
            shutil.copy(ROOT / name, COPY / name)


def run(*arguments: str) -> None:
    environment = os.environ | {"PYTHONPATH": "src", "PYTHONDONTWRITEBYTECODE": "1"}
    program = Path(sys.executable).with_name("cosmic-ray")
    subprocess.run([program, *arguments], cwd=COPY, env=environment, check=True)


def survivors(module: str, tests: str, count: int) -> list[str]:
    """Those of `count` changes of the module that its tests do not notice."""
    paths = " ".join(f"tests/{one}" for one in tests.split())
    pytest = f"{ROOT}/.venv/bin/python -m pytest -x -q -p no:cacheprovider --engine sqlite {paths}"
    (COPY / "mutants.toml").write_text(
        f'[cosmic-ray]\nmodule-path = "src/sippulse_ws/{module}"\ntimeout = 600.0\n'
        f'excluded-modules = []\ntest-command = "{pytest}"\n'
        '[cosmic-ray.distributor]\nname = "local"\n'
    )
    session = COPY / f"{module.replace('/', '-')}.sqlite"
    run("init", "mutants.toml", str(session))
    with use_db(str(session), WorkDB.Mode.open) as db:
        items = [
            item
            for item in db.work_items
            if not any(UNEVALUATED in one.operator_name for one in item.mutations)
        ]
        chosen = random.sample(items, min(count, len(items)))
        db.clear()
        db.add_work_items(chosen)
    run("exec", "mutants.toml", str(session))
    with use_db(str(session), WorkDB.Mode.open) as db:
        return [
            str(result.diff)
            for _, result in db.completed_work_items
            if result.test_outcome != TestOutcome.KILLED
        ]


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    random.seed(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    copy_tree()
    left = []
    for module, tests in TESTS.items():
        found = survivors(module, tests, count // len(TESTS))
        print(f"{module}: {len(found)} of {count // len(TESTS)} survived", flush=True)
        left += found
    for one in left:
        print(one)
    total = count // len(TESTS) * len(TESTS)
    print(f"{total - len(left)} of {total} killed: {100 * (1 - len(left) / total):.0f} %")
    return int(len(left) > total / 10)


if __name__ == "__main__":
    sys.exit(main())
