"""Refuses a package in which too many public names mean more than one thing.

Usage: python scripts/check_names.py PACKAGE SHARE

Counts public top-level classes, functions and assigned names that are defined in more than one
module of the package, but `log`, `logger` and `app`; SHARE is the largest part of all, in percent.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

COMMON = {"log", "logger", "app"}


def public_names(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (one.id for one in node.targets if isinstance(one, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def main() -> int:
    package, largest = Path(sys.argv[1]), float(sys.argv[2])
    modules = defaultdict(set)
    for path in sorted(package.rglob("*.py")):
        for name in public_names(ast.parse(path.read_text(encoding="utf-8"))):
            if not name.startswith("_") and name not in COMMON:
                modules[name].add(str(path.relative_to(package)))
    shared = {name: places for name, places in modules.items() if len(places) > 1}
    share = 100 * len(shared) / len(modules)
    print(f"{len(shared)} of {len(modules)} public names mean more than one thing: {share:.1f} %")
    if share <= largest:
        return 0
    for name, places in sorted(shared.items()):
        print(f"  {name}: {', '.join(sorted(places))}")
    print(f"at most {largest:g} % are allowed")
    return 1


if __name__ == "__main__":
    sys.exit(main())
