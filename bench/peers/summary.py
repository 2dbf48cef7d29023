"""The first tables of docs/performance.md, out of one run of `python -m bench.peers`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import cases
from bench.measure import Figures
from bench.table import number

JAVA, PHP, NODE = "JAX-WS RI, HikariCP", "PHP SoapServer, PDO", "Node soap, mysql2"
OURS = {"mysqlclient": "sippulse-ws, mysqlclient", "PyMySQL": "sippulse-ws, PyMySQL"}
READS = {case.name for case in (cases.RETRIEVE_SUBSCRIBER, cases.LIST_BY_ACC, cases.LIST_RATES)}
# At most, as ratios to JAX-WS, by driver.
CPU_OF_READS = {"mysqlclient": 1.0, "PyMySQL": 1.2}
CPU_OF_WRITES = {"mysqlclient": 1.2, "PyMySQL": 1.5}
P99 = {"mysqlclient": 1.0, "PyMySQL": 1.0}
MEMORY = {"mysqlclient": 0.25, "PyMySQL": 0.28}

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
MARKS = re.compile(r"(?<=<!-- bench\.peers -->\n).*?(?=<!-- end -->)", re.DOTALL)

Seen = Mapping[str, Mapping[str, Figures]]  # by case and server


def show(names: Sequence[str], seen: Seen, starts: Mapping[str, float], write: bool) -> None:
    """Print the tables; `write`: into the page too. Of a run without all servers there are none."""
    if missing := {JAVA, PHP, NODE, *OURS.values()} - {*names}:
        print(f"\nNo summary: {', '.join(sorted(missing))} did not run.")
        return
    text = tables(seen, starts)
    print(f"\n{text}")
    if write:
        PAGE.write_text(MARKS.sub(lambda _: text, PAGE.read_text("utf-8")), "utf-8")


def tables(seen: Seen, starts: Mapping[str, float]) -> str:
    lines = [
        "| operation | JAX-WS, ms | mysqlclient | ratio | PyMySQL | ratio | PHP | Node | target |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
        *(_cpu(name, figures) for name, figures in seen.items()),
        "",
        "Latency, memory and start as ratios to JAX-WS, in the same run.",
        "",
        "| | JAX-WS | mysqlclient | PyMySQL | PHP | Node | target |",
        "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for name, figures in seen.items():
        p99 = {server: one.load.p99 for server, one in figures.items()}
        lines.append(_row(f"p99 of {name}", "ms", p99, P99))
    last = [*seen.values()][-1]
    lines.append(
        _row("memory", "MiB", {server: one.memory for server, one in last.items()}, MEMORY)
    )
    lines.append(_row("first right answer after a start", "s", starts, None))
    return "\n".join([*lines, ""])


def _cpu(name: str, figures: Mapping[str, Figures]) -> str:
    java = figures[JAVA].cpu
    ratios = {driver: figures[server].cpu / java for driver, server in OURS.items()}
    cells = [name, number(java)]
    for driver, server in OURS.items():
        cells += [number(figures[server].cpu), f"{ratios[driver]:.2f}"]
    cells += [f"{figures[server].cpu / java:.2f}" for server in (PHP, NODE)]
    cells.append(verdict(ratios, CPU_OF_READS if name in READS else CPU_OF_WRITES))
    return f"| {' | '.join(cells)} |"


def _row(
    name: str, unit: str, values: Mapping[str, float], targets: Mapping[str, float] | None
) -> str:
    java = values[JAVA]
    ratios = {driver: values[server] / java for driver, server in OURS.items()}
    cells = [name, f"{number(java)} {unit}", *(f"{one:.2f}" for one in ratios.values())]
    cells += [f"{values[server] / java:.2f}" for server in (PHP, NODE)]
    cells.append("" if targets is None else verdict(ratios, targets))
    return f"| {' | '.join(cells)} |"


def verdict(ratios: Mapping[str, float], targets: Mapping[str, float]) -> str:
    """By the figures as they are shown, in hundredths."""
    missed = [driver for driver in ratios if round(ratios[driver], 2) > targets[driver]]
    if not missed:
        return "met"
    return "missed" if len(missed) == len(ratios) else f"missed with {missed[0]}"
