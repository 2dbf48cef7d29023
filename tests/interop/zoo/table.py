"""The table in docs/clients.md: `python -m tests.interop.zoo.table` writes it after a run."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.interop.zoo.stacks import BY_NAME, STACKS, ZOO, Stack

DOCUMENT = Path(__file__).parents[3] / "docs" / "clients.md"
START, END = "<!-- the zoo: made by `make test-zoo` -->", "<!-- end of the zoo -->"
COLUMNS = ("stack", "version", "classes of all 15 WSDLs", "typed fault", "one trick")


def keep(stack: Stack, **seen: Any) -> None:
    """Remember what a run of a stack has shown."""
    ZOO.mkdir(parents=True, exist_ok=True)
    result = {"stack": stack.name, "version": stack.version(), **seen}
    (ZOO / f"result-{stack.name}.json").write_text(json.dumps(result), "utf-8")


def results() -> dict[str, dict[str, Any]]:
    files = sorted(ZOO.glob("result-*.json"))
    found = [json.loads(path.read_text("utf-8")) for path in files]
    return {one["stack"]: one for one in found if one["stack"] in BY_NAME}


def table(found: dict[str, dict[str, Any]]) -> str:
    lines = [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    for stack in STACKS:
        result = found[stack.name]
        generated = "yes" if result["generated"] else "uses none"
        typed = "yes" if result["typed"] else "its message is in the detail"
        cells = [stack.title, result["version"], generated, typed, stack.trick]
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines)


def main() -> int:
    found = results()
    if missing := [one.name for one in STACKS if one.name not in found]:
        print(f"no result of {', '.join(missing)}: the table is left as it is")
        return 1
    text = DOCUMENT.read_text("utf-8")
    before, _, rest = text.partition(START)
    after = rest.partition(END)[2]
    DOCUMENT.write_text(f"{before}{START}\n{table(found)}\n{END}{after}", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
