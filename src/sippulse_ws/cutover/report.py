"""The report of a migration, and the journal of finished accounts."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sippulse_ws.domain.errors import DomainError

# Data that no operation returns, and that `--sql` or files may provide.
ADMINISTRATOR_LOGINS = "administrators"
RESELLER_PASSWORDS = "reseller passwords"
GATEWAYS = "gateways and providers"
CALLS = "call records"
FLAGS = "flags of subscribers"  # see old_database.FLAGS
ROUTES = "routes"
_ALL = (ADMINISTRATOR_LOGINS, RESELLER_PASSWORDS, GATEWAYS, CALLS, FLAGS, ROUTES)


@dataclass
class MigrationReport:
    """The report, also as JSON; reasons are in the language of the run."""

    language: str = "pt"
    not_taken: list[dict[str, str]] = field(default_factory=list)
    different: list[dict[str, str]] = field(default_factory=list)
    only_here: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)  # tables of the old database
    not_told: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    by_hand: list[str] = field(default_factory=lambda: list(_ALL))
    compared: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def is_clean(self) -> bool:
        return not self.not_taken and not self.different

    def refuse(self, what: str, reason: DomainError | str) -> None:
        text = reason if isinstance(reason, str) else reason.message(self.language)
        self.not_taken.append({"what": what, "reason": text})

    def differ(self, what: str, fields: list[str]) -> None:
        self.different += [{"what": what, "field": one} for one in fields]

    def untold(self, operation: str, reason: str, account: str) -> None:
        """Note that the old server refused this operation for an account."""
        told = reason.replace(account, "…")
        self.not_told.setdefault((operation, told), []).append(account)

    def came(self, what: str) -> None:
        """Note that this part was taken, so that it need not be done by hand."""
        if what in self.by_hand:
            self.by_hand.remove(what)

    def document(self) -> dict[str, Any]:
        untold = [
            {"operation": operation, "reason": reason, "accounts": accounts}
            for (operation, reason), accounts in self.not_told.items()
        ]
        return {
            "not_taken": self.not_taken,
            "different": self.different,
            "only_here": self.only_here,
            "not_told": untold,
            "unreadable": self.unreadable,
            "by_hand": self.by_hand,
            "compared": self.compared,
            "counts": {name: count for name, count in sorted(self.counts.items()) if count},
        }

    def as_json(self) -> str:
        return json.dumps(self.document(), ensure_ascii=False, indent=2)


class Journal:
    """What is finished, so that `--resume` need not read it again.

    It has a line per account, and for each table of calls its name and the highest id read. A line
    is written after the commit; one that was cut off by a kill matches nothing.
    """

    def __init__(self, path: Path, resume: bool) -> None:
        self._path = path
        self.done: set[str] = set()
        self._marks: dict[str, int] = {}
        if not resume or not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("", "utf-8")
            return
        for line in path.read_text("utf-8").split("\n"):
            name, _, mark = line.partition(" ")
            if mark.isdigit():
                self._marks[name] = int(mark)
            else:
                self.done.add(line)
        self._write("")  # ends a line that was cut off

    def add(self, account: str) -> None:
        self._write(account)

    def mark(self, table: str, row_id: int) -> None:
        self._write(f"{table} {row_id}")

    def marked(self, table: str) -> int:
        return self._marks.get(table, 0)

    def _write(self, line: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
