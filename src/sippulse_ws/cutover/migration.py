"""Takes over an installation: reads it, stores it here, reads it back and compares.

Each account is one transaction, so that an interruption leaves none incomplete. It is read back
through our own operations. The report says what could not be taken, and why.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy.exc import DBAPIError

from sippulse_ws.cutover import comparison, reads
from sippulse_ws.cutover.accounts import AccountWriter
from sippulse_ws.cutover.errors import NotListed
from sippulse_ws.cutover.old_database import AccountKey, Listed
from sippulse_ws.cutover.report import Journal, MigrationReport
from sippulse_ws.cutover.rows import RowWriter
from sippulse_ws.cutover.source import Record, Source, SourceFault
from sippulse_ws.db import Database, Session
from sippulse_ws.db.connections.failures import is_unavailable
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.domain.vault import Vault

_KINDS = ("profile", "rate_plan", "rate", "reseller", "dialplan")
_CONNECTIONS = 4  # to the old server; `rate` limits all of them together
_TELL_SECONDS = 5

MigrationProgress = Callable[[int, int, float], None]  # done, total, seconds left


@dataclass
class MigrationWishes:
    """What to take."""

    domains: list[str]  # empty: all
    listed: Listed
    aliases: dict[AccountKey, list[Record]] | None = None  # if no operation lists them
    dry_run: bool = False
    delete_missing: bool = False


@dataclass
class Sides:
    """The old server and our database; `ours` are this server's own operations."""

    source: Source
    ours: Source
    database: Database


@dataclass
class _Left:
    """What has to wait until all accounts are stored."""

    groups: list[Record] = field(default_factory=list)
    again: list[AccountKey] = field(default_factory=list)  # another account was in the way of these


class Migration:
    """One run; `tell` is called with the progress."""

    def __init__(
        self,
        sides: Sides,
        wanted: MigrationWishes,
        vault: Vault,
        origin: str,
        journal: Journal,
        report: MigrationReport,
        tell: MigrationProgress,
    ) -> None:
        self.report = report
        self.taken: list[str] = []  # domains
        self._source, self._ours, self._database = sides.source, sides.ours, sides.database
        self._wanted, self._journal, self._tell = wanted, journal, tell
        self._rows = RowWriter(origin)
        self._writer = AccountWriter(self._rows, vault)
        self._whole: Session | None = None  # the one transaction of a dry run

    def run(self) -> None:
        """Take the wanted domains and accounts; a dry run is rolled back at the end."""
        if not self._wanted.dry_run:
            self._run()
            return
        with self._database.writing() as db:
            self._whole = db
            self._run()
            db.rollback()

    def _run(self) -> None:
        self._domains()
        for domain in self.taken:
            for kind in _KINDS:
                self._objects(kind, domain)
        left = _Left()
        keys = [one for one in self._wanted.listed.accounts if one[1] in self.taken]
        self._accounts(keys, left)
        self._accounts(left.again, left, last=True)
        for domain in self.taken:
            self._objects("hunt_group", domain)
            self._free_numbers(domain)
        for group in left.groups:
            with self._storing(f"account group {group['account_manager']}") as db:
                self._rows.put_group(db, group)
        if not self._wanted.dry_run:
            for group in left.groups:
                comparison.compare_group(self.report, self._ours, group)
        self.report.counts.update(self._rows.counts)

    @contextmanager
    def _storing(self, what: str) -> Iterator[Session]:
        """A transaction; if something cannot be stored, it is rolled back and reported."""
        counts, remarks = self._rows.counts.copy(), self._rows.remarks
        self._rows.remarks = []
        try:
            if self._whole is not None:
                with self._whole.savepoint():
                    yield self._whole
            else:
                with self._database.writing() as db:
                    yield db
                    db.send_queued()
            for remark in self._rows.remarks:
                self.report.refuse(remark.what, remark.reason)
        except DomainError as error:
            self._rows.counts = counts
            self.report.refuse(what, error)
        except DBAPIError as error:
            if is_unavailable(error):
                raise
            self._rows.counts = counts
            self.report.refuse(what, str(error.orig))
        finally:
            self._rows.remarks = remarks

    def _domains(self) -> None:
        wanted = {one.lower() for one in self._wanted.domains}
        found = reads.read_domains(self._source)
        taken = [one for one in found if not wanted or one["domain"] in wanted]
        for missing in sorted(wanted - {one["domain"] for one in found}):
            self.report.refuse(f"domain {missing}", NotListed())
        for one in taken:
            with self._storing(f"domain {one['domain']}") as db:
                self._rows.put_object(db, "domain", one)
                self.taken.append(str(one["domain"]))

    def _objects(self, kind: str, domain: str) -> None:
        try:
            theirs = reads.read_objects(self._source, kind, domain)
        except SourceFault as fault:
            self.report.refuse(f"every {kind} of {domain}", str(fault))
            return
        if self._wanted.delete_missing and self._whole is None:
            self._remove_missing(kind, domain, theirs)
        for one in theirs:
            with self._storing(f"{kind} {one['id']} of {domain}") as db:
                if kind == "hunt_group":
                    self._rows.put_hunt_group(db, one)
                else:
                    self._rows.put_object(db, kind, one)
        if self._whole is None:
            mine = reads.read_objects(self._ours, kind, domain)
            comparison.compare_objects(self.report, kind, theirs, mine)

    def _remove_missing(self, kind: str, domain: str, theirs: list[Record]) -> None:
        there = {one["id"] for one in theirs}
        for one in reads.read_objects(self._ours, kind, domain):
            if one["id"] not in there:
                with self._storing(f"{kind} {one['id']} of {domain}") as db:
                    self._rows.remove_object(db, kind, one["id"])

    def _free_numbers(self, domain: str) -> None:
        try:
            numbers = reads.read_free_numbers(self._source, domain)
        except SourceFault as fault:
            self.report.refuse(f"free numbers of {domain}", str(fault))
            return
        with self._storing(f"free numbers of {domain}") as db:
            self._rows.put_free_numbers(db, domain, numbers)
        if self._whole is None:
            mine = reads.read_free_numbers(self._ours, domain)
            comparison.compare_numbers(self.report, domain, numbers, mine)

    def _accounts(self, keys: Sequence[AccountKey], left: _Left, *, last: bool = False) -> None:
        """Store and compare each account; account groups, which need all accounts, come later."""
        started = told = time.monotonic()
        keys = [one for one in keys if "@".join(one) not in self._journal.done]
        for number, (key, reading) in enumerate(self._read_ahead(keys), 1):
            try:
                account = reading.result()
            except SourceFault as fault:
                self.report.refuse(f"subscriber {'@'.join(key)}", str(fault))
            else:
                self._account(key, account, left, last=last)
            now = time.monotonic()
            if now - told >= _TELL_SECONDS or number == len(keys):
                told = now
                self._tell(number, len(keys), (now - started) / number * (len(keys) - number))

    def _read_ahead(
        self, keys: Sequence[AccountKey]
    ) -> Iterator[tuple[AccountKey, Future[reads.OldAccount]]]:
        """The accounts in order; threads read some ahead while others are stored."""
        waiting: deque[tuple[AccountKey, Future[reads.OldAccount]]] = deque()
        with ThreadPoolExecutor(_CONNECTIONS) as readers:
            try:
                for key in keys:
                    waiting.append((key, readers.submit(reads.read_account, self._source, *key)))
                    if len(waiting) > 2 * _CONNECTIONS:
                        yield waiting.popleft()
                while waiting:
                    yield waiting.popleft()
            finally:
                readers.shutdown(cancel_futures=True)

    def _account(
        self, key: AccountKey, account: reads.OldAccount, left: _Left, *, last: bool
    ) -> None:
        self._add_aliases(key, account)
        refused, conflict = len(self.report.not_taken), False
        more = self._wanted.listed.more.get(key, {})
        with self._storing(f"subscriber {account.code}") as db:
            self._writer.put(db, account, more)
            conflict = not last and any(one.again for one in self._rows.remarks)
            if conflict:  # reported only the second time
                self._rows.remarks.clear()
        if conflict:
            left.again.append(key)
            return
        for operation, reason in account.untold:
            self.report.untold(operation, reason, account.code)
        if account.group is not None:
            left.groups.append(account.group)
        if self._whole is not None or len(self.report.not_taken) > refused:
            return
        same = comparison.compare_account(self.report, self._ours, account)
        if same and account.group is None:  # otherwise --resume would forget its group
            self._journal.add(account.code)

    def _add_aliases(self, key: AccountKey, account: reads.OldAccount) -> None:
        """Store the aliases found by `--sql`, if no operation returned any."""
        if self._wanted.aliases is not None and account.lists["db_alias"] is None:
            account.lists["db_alias"] = self._wanted.aliases.get(key, [])
            operation = reads.LISTS["db_alias"][1]
            account.untold = [one for one in account.untold if one[0] != operation]
