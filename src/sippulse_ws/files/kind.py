"""What a kind of record is to the engine: columns, what tells records apart, finding, storing.

Rules are the domain's: a kind calls them and adds none of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Any, ClassVar

from sqlalchemy import Select, select

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.errors import DomainError, DomainNotFound
from sippulse_ws.files.fields import Field
from sippulse_ws.models import Domain

Record = dict[str, Any]
Identity = tuple[Any, ...]
Stored = Mapping[str, Any]  # what is there of a record, with the `id` of its row


class Kind:
    """One kind; an object of it serves one run."""

    name: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]]
    identity: ClassVar[tuple[str, ...]]
    # columns that are not compared with what is there: told once, or found out
    not_compared: ClassVar[frozenset[str]] = frozenset()
    secret: ClassVar[frozenset[str]] = frozenset()  # columns whose values nobody is told
    domain: ClassVar[str | None] = "domain"  # the column that a file may do without by --domain
    reloads: ClassVar[tuple[str, ...]] = ()  # tables that SIP proxies read again
    scope: ClassVar[tuple[str, ...]] = ("domain",)  # what --delete-missing needs
    alone: ClassVar[bool] = False  # no unique key stops what two imports store at once
    changes: ClassVar[bool] = True  # --update means something
    tries: ClassVar[bool] = False  # the domain checks while it stores: a dry run stores and undoes
    always_tells_known: ClassVar[bool] = False

    def __init__(self) -> None:
        self.domains: frozenset[str] = frozenset()
        self.placed: frozenset[str] = frozenset()  # columns that the file has

    def numbered(self, name: str) -> Field | None:
        """The column for one of as many of a sort as a file has, such as alias_3."""
        return None

    def begin(self, db: Session) -> None:
        """Read what all batches need."""
        self.domains = frozenset(db.execute(select(Domain.domain)).scalars())

    def check(self, record: Record) -> Record:
        """The record as it would be stored; a DomainError when it cannot be."""
        raise NotImplementedError

    def remark(self, record: Record) -> DomainError | None:
        """What is odd about a record that is stored all the same."""
        return None

    def check_columns(self, columns: Mapping[str, list[Any]]) -> list[Record] | None:
        """The same for the records of many lines, given by columns of equal length.

        None, or a DomainError, when one of them has to be looked at by itself: it is refused, or
        there is a remark.
        """
        rows = zip(*columns.values(), strict=True)
        records = [self.check(dict(zip(columns, row, strict=True))) for row in rows]
        remarks = type(self).remark is not Kind.remark
        return None if remarks and any(map(self.remark, records)) else records

    def resolve(self, db: Session, records: Sequence[Record]) -> dict[int, DomainError]:
        """Look up what records refer to; what is wrong, by the record's place."""
        return {}

    def look_again(self) -> None:
        """Somebody else has stored something: believe nothing of what was found before."""

    def find(self, db: Session, records: Sequence[Record]) -> dict[Identity, Stored]:
        """Those that are there already."""
        raise NotImplementedError

    def differences(self, stored: Stored, record: Record) -> Record:
        """The columns of the file in which a record differs from what is there."""
        compared = self.placed - self.not_compared
        return {
            name: record[name]
            for name in compared
            if name in record and record[name] != stored[name]
        }

    def may_change(self, stored: Stored, changes: Record) -> bool:
        """Whether these changes need no --update: they overwrite nothing."""
        return False

    def insert(self, db: Session, records: Sequence[Record]) -> dict[int, DomainError]:
        """Store new records; what is wrong, by the record's place."""
        raise NotImplementedError

    def change(self, db: Session, stored: Stored, record: Record, changes: Record) -> None:
        raise NotImplementedError

    def change_many(
        self, db: Session, changed: Sequence[tuple[Stored, Record, Record]]
    ) -> dict[int, DomainError]:
        """Change what differs; what is wrong, by the record's place."""
        refused: dict[int, DomainError] = {}
        for place, (stored, record, changes) in enumerate(changed):
            try:
                with db.savepoint():
                    self.change(db, stored, record, changes)
            except DomainError as error:
                refused[place] = error
        return refused

    def in_scope(self, scope: Mapping[str, Any]) -> Select[Any] | None:
        """All records (id and identity) of a scope, for those that a file lacks."""
        return None

    def identify_row(self, row: Any) -> Identity:
        """The identity of a row of `in_scope`, as a file would have it."""
        return self.identify(row._mapping)

    def remove(self, db: Session, row: Any) -> None:
        """Remove a row of `in_scope`; a DomainError when it is in use."""
        raise NotImplementedError

    def rows(self, scope: Mapping[str, Any]) -> Select[Any]:
        """Everything, or a domain's, with the columns of the kind, for exports."""
        raise NotImplementedError

    def identify(self, record: Mapping[str, Any]) -> Identity:
        if len(self.identity) == 1:
            return (record[self.identity[0]],)
        return self._identity_of(record)

    def identities(self, records: Sequence[Record]) -> list[Identity]:
        """The identity of each record."""
        if type(self).identify is not Kind.identify:
            return list(map(self.identify, records))
        if len(self.identity) == 1:
            name = self.identity[0]
            return [(record[name],) for record in records]
        return list(map(self._identity_of, records))

    @cached_property
    def _identity_of(self) -> Callable[[Mapping[str, Any]], Identity]:
        return itemgetter(*self.identity)

    def describe(self, record: Mapping[str, Any]) -> str:
        """What tells a record from others, for people."""
        return " ".join(str(record[name]) for name in self.identity if record[name] != "")

    def require_domain(self, name: str | None) -> None:
        if name is not None and name not in self.domains:
            raise DomainNotFound(domain=name)


def chunks(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
