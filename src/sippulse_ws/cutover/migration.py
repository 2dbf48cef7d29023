"""Takes an installation over: reads, writes, reads back through our own operations, compares.

Each account is one transaction, so that an interruption leaves nothing half there. What cannot be
taken is in the report with the reason.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from sippulse_ws.cutover import reads
from sippulse_ws.cutover.rows import IdTaken, Writer
from sippulse_ws.cutover.source import Source, SourceFault
from sippulse_ws.db import Database, Session
from sippulse_ws.db.connections.failures import is_unavailable
from sippulse_ws.domain.errors import DomainError

# What no operation tells; it has to come another way.
NEVER_TOLD = (
    "administrators' logins and passwords",
    "resellers' portal passwords",
    "gateways and providers",
    "call records",
    "privacyCalls, topologyHiding, dailyStatistics, cps and keepAlive of subscribers",
)
_KINDS = ("profile", "rate_plan", "rate", "reseller", "dialplan")

Told = Callable[[str], None]


@dataclass
class Report:
    """What became of everything; printed as JSON too."""

    not_taken: list[dict[str, str]] = field(default_factory=list)
    different: list[dict[str, str]] = field(default_factory=list)
    not_told: list[dict[str, str]] = field(default_factory=list)
    compared: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        return not self.not_taken and not self.different

    def as_json(self) -> str:
        told = vars(self) | {"no_operation_tells": NEVER_TOLD}
        return json.dumps(told, ensure_ascii=False, indent=2)


class Journal:
    """The accounts that are done, so that `--resume` need not ask for them again."""

    def __init__(self, path: Path, resume: bool) -> None:
        self._path = path
        self.done: set[str] = set()
        if resume and path.is_file():
            self.done = set(path.read_text("utf-8").split("\n"))
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("", "utf-8")

    def add(self, account: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{account}\n")


class Migration:
    """`source` is the old server, `ours` the same operations of this one."""

    def __init__(
        self,
        source: Source,
        ours: Source,
        database: Database,
        writer: Writer,
        dry_run: bool = False,
    ) -> None:
        self.report = Report()
        self._source, self._ours = source, ours
        self._database, self._writer, self._dry_run = database, writer, dry_run
        self._whole: Session | None = None  # the one transaction of a dry run

    def run(
        self, domains: Iterable[str], accounts: list[tuple[str, str]], journal: Journal, tell: Told
    ) -> Report:
        """Take these domains (or all) and accounts; a dry run undoes it all in the end."""
        if not self._dry_run:
            return self._run(domains, accounts, journal, tell)
        with self._database.writing() as db:
            self._whole = db
            report = self._run(domains, accounts, journal, tell)
            db.rollback()
        return report

    def _run(
        self, domains: Iterable[str], accounts: list[tuple[str, str]], journal: Journal, tell: Told
    ) -> Report:
        taken = self._domains({one.lower() for one in domains})
        for domain in taken:
            for kind in _KINDS:
                self._objects(kind, domain)
        groups = self._accounts([one for one in accounts if one[1] in taken], journal, tell)
        for domain in taken:
            self._hunt_groups(domain)
            self._free_numbers(domain)
        for group in groups:
            with self._storing(f"account group {group['account_manager']}") as db:
                self._writer.put_group(db, group)
        if not self._dry_run:
            self._compare_objects(taken)
        self.report.counts = dict(sorted(self._writer.counts.items()))
        return self.report

    @contextmanager
    def _storing(self, what: str) -> Iterator[Session]:
        """A transaction of its own; what cannot be stored is reported, and nothing of it stays."""
        try:
            if self._whole is not None:
                with self._whole.savepoint():
                    yield self._whole
            else:
                with self._database.writing() as db:
                    yield db
                    db.send_queued()
        except (DomainError, IdTaken, KeyError) as error:
            reason = error.message("en") if isinstance(error, DomainError) else str(error)
            self.report.not_taken.append({"what": what, "reason": reason})
        except DBAPIError as error:
            if is_unavailable(error):
                raise
            self.report.not_taken.append({"what": what, "reason": str(error.orig)})

    def _domains(self, wanted: set[str]) -> list[str]:
        found = reads.read_domains(self._source)
        taken = [one for one in found if not wanted or one["domain"] in wanted]
        for missing in wanted - {one["domain"] for one in found}:
            told = {"what": f"domain {missing}", "reason": "the old server does not list it"}
            self.report.not_taken.append(told)
        for one in taken:
            with self._storing(f"domain {one['domain']}") as db:
                self._writer.put_object(db, "domain", one)
        return [str(one["domain"]) for one in taken]

    def _objects(self, kind: str, domain: str) -> None:
        for one in self._read_objects(kind, domain):
            with self._storing(f"{kind} {one['id']} of {domain}") as db:
                self._writer.put_object(db, kind, one)

    def _read_objects(self, kind: str, domain: str) -> list[dict[str, Any]]:
        try:
            return reads.read_objects(self._source, kind, domain)
        except SourceFault as fault:
            told = {"what": f"every {kind} of {domain}", "reason": str(fault)}
            self.report.not_taken.append(told)
            return []

    def _hunt_groups(self, domain: str) -> None:
        for one in self._read_objects("hunt_group", domain):
            with self._storing(f"hunt group {one['id']} of {domain}") as db:
                self._writer.put_hunt_group(db, one)

    def _free_numbers(self, domain: str) -> None:
        try:
            numbers = reads.read_free_numbers(self._source, domain)
        except SourceFault as fault:
            told = {"what": f"free numbers of {domain}", "reason": str(fault)}
            self.report.not_taken.append(told)
            return
        with self._storing(f"free numbers of {domain}") as db:
            self._writer.put_free_numbers(db, domain, numbers)

    def _accounts(
        self, accounts: list[tuple[str, str]], journal: Journal, tell: Told
    ) -> list[dict[str, Any]]:
        """Store and compare each; their groups, which need all of them, come back."""
        groups, started = [], time.monotonic()
        left = [one for one in accounts if "@".join(one) not in journal.done]
        for number, (username, domain) in enumerate(left, 1):
            code = f"{username}@{domain}"
            try:
                account = reads.read_account(self._source, username, domain)
            except SourceFault as fault:
                self.report.not_taken.append({"what": f"subscriber {code}", "reason": str(fault)})
                continue
            self.report.not_told += [{"what": code, "reason": one} for one in account.untold]
            refused = len(self.report.not_taken)
            with self._storing(f"subscriber {code}") as db:
                self._writer.put_account(db, account)
            if account.group is not None:
                groups.append(account.group)
            if refused == len(self.report.not_taken) and not self._dry_run:
                self._compare_account(code, username, domain, account)
                if account.group is None:  # else its group would be forgotten
                    journal.add(code)
            if number % 100 == 0 or number == len(left):
                seconds = (time.monotonic() - started) / number * (len(left) - number)
                tell(f"{number} of {len(left)} subscribers, {seconds:.0f} s left")
        return groups

    def _compare_account(
        self, code: str, username: str, domain: str, account: reads.Account
    ) -> None:
        ours = reads.read_account(self._ours, username, domain)
        theirs, mine = account.comparable(), ours.comparable()
        theirs["group"] = mine["group"] = None  # when all accounts are there
        self.report.compared += 1
        for part, value in theirs.items():
            if part == "subscriber":
                names = [one for one in value if _differs(one, value[one], mine[part].get(one))]
                self._differing(code, names)
            elif value != mine[part]:
                self._differing(code, [part])

    def _compare_objects(self, domains: list[str]) -> None:
        for domain in domains:
            for kind in [*_KINDS, "hunt_group"]:
                theirs = {one["id"]: one for one in self._read_objects(kind, domain)}
                mine = {one["id"]: one for one in reads.read_objects(self._ours, kind, domain)}
                for row_id, one in theirs.items():
                    self.report.compared += 1
                    other = mine.get(row_id, {})
                    names = [name for name in one if _differs(name, one[name], other.get(name))]
                    self._differing(f"{kind} {row_id} of {domain}", names)

    def _differing(self, what: str, names: list[str]) -> None:
        self.report.different += [{"what": what, "field": name} for name in names]


def _differs(name: str, theirs: Any, mine: Any) -> bool:
    """No reference is 0 or absent; a reseller's password is never told by us."""
    if name.endswith("_id") and not theirs and not mine:
        return False
    return bool(theirs != mine)
