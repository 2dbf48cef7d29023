"""Stores a batch of records: finds out which are new, changed, the same or refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError

from sippulse_ws.db import Database
from sippulse_ws.db.connections.failures import is_repeatable
from sippulse_ws.db.statements import Session
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.files.kind import Kind, Record, Stored
from sippulse_ws.files.lines import Entry
from sippulse_ws.files.refusals import RecordDiffers, shown

TRIES = 20  # on a cluster, races with other nodes may be lost many times

Refusal = tuple[int, str, DomainError]  # line number, the line as read, the reason


@dataclass(slots=True)
class Counts:
    """How many records were new, changed, known or refused."""

    stored: int = 0
    changed: int = 0
    known: int = 0
    refused: int = 0
    left_out: int = 0

    def add(self, other: Counts) -> None:
        self.stored += other.stored
        self.changed += other.changed
        self.known += other.known
        self.refused += other.refused
        self.left_out += other.left_out

    @property
    def lines(self) -> int:
        return self.stored + self.changed + self.known + self.refused + self.left_out

    @property
    def status(self) -> int:
        """The exit status: 0 no line refused, 1 some refused, 2 lines but none stored or known."""
        if not self.refused:
            return 0
        return 1 if self.stored + self.changed + self.known else 2


@dataclass(slots=True)
class Sorted:
    """The entries of a batch by what is to be done with them."""

    new: list[tuple[Entry, Record]] = field(default_factory=list)
    changed: list[tuple[Entry, tuple[Stored, Record, Record]]] = field(default_factory=list)
    known: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    def refuse(self, entry: Entry, error: DomainError) -> None:
        self.refusals.append((entry.line, entry.raw, error))


class BatchStore:
    """Stores batches of entries that have records."""

    def __init__(self, database: Database, kind: Kind, *, update: bool, dry_run: bool) -> None:
        self._database = database
        self._kind = kind
        self._update = update
        self._dry_run = dry_run
        self.confirm: Callable[[Session], None] | None = None

    def store(self, entries: Sequence[Entry]) -> tuple[Counts, list[Refusal]]:
        """Store a batch in one transaction, which is repeated if it conflicts with another."""
        for _ in range(TRIES - 1):
            try:
                return self._store_once(entries)
            except IntegrityError:  # lost a race with a concurrent request
                self._kind.look_again()
            except Exception as error:
                if not is_repeatable(error):
                    raise
        return self._store_once(entries)

    def _store_once(self, entries: Sequence[Entry]) -> tuple[Counts, list[Refusal]]:
        if self._dry_run and not self._kind.tries:
            with self._database.reading() as db:
                found = self._sort(db, entries)
            return self._counted(found)
        with self._database.writing() as db:
            if self.confirm is not None:
                self.confirm(db)
            found = self._sort(db, entries)
            self._write(db, found)
            if self._dry_run:
                db.rollback()
        return self._counted(found)

    def _sort(self, db: Session, entries: Sequence[Entry]) -> Sorted:
        kind, found = self._kind, Sorted()
        records = [entry.record or {} for entry in entries]
        unresolved = kind.resolve(db, records)
        resolved = [one for n, one in enumerate(records) if n not in unresolved]
        there = kind.find(db, resolved if unresolved else records)
        if not there and not unresolved:
            found.new = list(zip(entries, records, strict=True))
            return found
        for place, (entry, record) in enumerate(zip(entries, records, strict=True)):
            if place in unresolved:
                found.refuse(entry, unresolved[place])
                continue
            stored = there.get(kind.identify(record)) if there else None
            if stored is None:
                found.new.append((entry, record))
                continue
            try:
                changes = kind.differences(stored, record)
            except DomainError as error:
                found.refuse(entry, error)
                continue
            if not changes:
                found.known += 1
            elif self._update or kind.may_change(stored, changes):
                found.changed.append((entry, (stored, record, changes)))
            else:
                found.refuse(
                    entry, RecordDiffers(changes=told_changes(stored, changes, kind.secret))
                )
        return found

    def _write(self, db: Session, found: Sorted) -> None:
        new, changed = found.new, found.changed
        if new:
            failed = self._kind.insert(db, [record for _, record in new])
            for place, error in failed.items():
                found.refuse(new[place][0], error)
            found.new = [one for place, one in enumerate(new) if place not in failed]
        if changed:
            failed = self._kind.change_many(db, [one for _, one in changed])
            for place, error in failed.items():
                found.refuse(changed[place][0], error)
            found.changed = [one for place, one in enumerate(changed) if place not in failed]

    @staticmethod
    def _counted(found: Sorted) -> tuple[Counts, list[Refusal]]:
        counts = Counts(
            stored=len(found.new),
            changed=len(found.changed),
            known=found.known,
            refused=len(found.refusals),
        )
        return counts, found.refusals


def told_changes(stored: Stored, changes: Record, secret: frozenset[str]) -> str:
    """`rate_value 0.08 → 0.09` for each changed column; of a secret column only the name."""
    return ", ".join(
        name if name in secret else f"{name} {_told(stored.get(name))} → {_told(value)}"
        for name, value in sorted(changes.items())
    )


def _told(value: object) -> str:
    if value is None or value == "":
        return "''"
    if isinstance(value, bool):
        return str(int(value))
    text = str(value)
    if "." in text and text.replace(".", "").isdigit():
        text = text.rstrip("0").rstrip(".")
    return shown(text)
