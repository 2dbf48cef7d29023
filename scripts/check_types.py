"""Refuses a package in which too many expressions are of no known type.

Usage: python scripts/check_types.py REPORT PACKAGE SHARE

REPORT is the folder of mypy's `--any-exprs-report`; SHARE is how many per cent of the package's
expressions have another type than `Any`, at least.
"""

import re
import sys
from pathlib import Path

_LINE = re.compile(r"\s*(?P<module>[\w.]+)\s+(?P<any>\d+)\s+(?P<all>\d+)\s+[\d.]+%")
_SHOWN = 15


def main() -> int:
    report, package, least = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    found = []
    for line in (report / "any-exprs.txt").read_text(encoding="utf-8").splitlines():
        told = _LINE.fullmatch(line)
        if told is not None and told["module"].split(".")[0] == package:
            found.append((int(told["any"]), int(told["all"]), told["module"]))
    total = sum(count for _, count, _ in found)
    share = 100 * (1 - sum(unknown for unknown, _, _ in found) / total)
    print(f"{share:.2f} % of {total} expressions in {package} have a precise type")
    if share >= least:
        return 0
    for unknown, count, module in sorted(found, reverse=True)[:_SHOWN]:
        print(f"  {module}: {unknown} of {count} are Any")
    print(f"at least {least:g} % are wanted")
    return 1


if __name__ == "__main__":
    sys.exit(main())
