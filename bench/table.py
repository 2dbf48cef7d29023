"""Markdown tables on the terminal, as docs/performance-log.md has them."""

from __future__ import annotations

from collections.abc import Sequence


class Table:
    """Rows are printed as they come, so that a long run shows where it is."""

    def __init__(self, *columns: str) -> None:
        self._widths = [max(len(name), 7) for name in columns]
        self._widths[0] = max(len(columns[0]), 29)
        print()
        self._print(columns)
        self._print([("-" * width if n == 0 else "-" * (width - 1) + ":")
                     for n, width in enumerate(self._widths)])  # fmt: skip

    def add(self, name: str, *cells: str | float) -> None:
        self._print([name, *(cell if isinstance(cell, str) else number(cell) for cell in cells)])

    def _print(self, cells: Sequence[str]) -> None:
        first, *rest = zip(cells, self._widths, strict=True)
        padded = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]
        print(f"| {' | '.join(padded)} |", flush=True)


def number(value: float) -> str:
    """Three significant digits, or whole."""
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}"
