"""`python -m tests.conformance [FILE]`: run the cases of a file, or the project's own."""

import sys
from pathlib import Path

from .runner import OWN_CASES, check, load, send
from .server import running


def main(arguments: list[str]) -> int:
    cases = load(Path(arguments[0]) if arguments else OWN_CASES)
    failed = 0
    with running() as port:
        for case in cases:
            try:
                problems = check(case, send(case, port))
            except Exception as error:  # noqa: BLE001 - a case that breaks the connection has failed
                problems = [repr(error)]
            if problems:
                failed += 1
                print(f"FAILED {case['name']}: {'; '.join(problems)}")
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
