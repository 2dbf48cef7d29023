"""What the engine needs to know of a kind of record: fields, identity, finding, storing.

The rules are in `domain`: a kind calls them and adds none of its own.
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
Stored = Mapping[str, Any]  # the stored columns of a record, with the `id` of its row


class Kind:
    """A kind of record. Each import or export has an object of its own."""

    name: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]]
    identity: ClassVar[tuple[str, ...]]
    # columns that are not compared with stored ones: given only once, or computed
    not_compared: ClassVar[frozenset[str]] = frozenset()
    secret: ClassVar[frozenset[str]] = frozenset()  # columns whose values are never shown
    domain: ClassVar[str | None] = "domain"  # the column that --domain fills in
    reloads: ClassVar[tuple[str, ...]] = ()  # tables that SIP proxies have to reload
    scope: ClassVar[tuple[str, ...]] = ("domain",)  # columns that limit --delete-missing
    alone: ClassVar[bool] = False  # no unique key: only one import may run at a time
    changes: ClassVar[bool] = True  # --update is possible
    tries: ClassVar[bool] = False  # the domain checks while storing: a dry run rolls back
    always_tells_known: ClassVar[bool] = False

    def __init__(self) -> None:
        self.domains: frozenset[str] = frozenset()
        self.placed: frozenset[str] = frozenset()  # columns that the file has

    def numbered(self, name: str) -> Field | None:
        """The field of a numbered column, such as alias_3; None if there is none."""
        return None

    def begin(self, db: Session) -> None:
        """Read what all batches need; called once, before the first."""
        self.domains = frozenset(db.execute(select(Domain.domain)).scalars())

    def check(self, record: Record) -> Record:
        """The record as it would be stored. Raises DomainError if it cannot be."""
        raise NotImplementedError

    def remark(self, record: Record) -> DomainError | None:
        """A remark about a record that is odd, but stored; None: nothing is odd."""
        return None

    def check_columns(self, columns: Mapping[str, list[Any]]) -> list[Record] | None:
        """Check the records of many lines at once, given as columns of equal length.

        Returns None, or raises DomainError, if lines have to be checked one by one, since one is
        refused or has a remark.
        """
        rows = zip(*columns.values(), strict=True)
        records = [self.check(dict(zip(columns, row, strict=True))) for row in rows]
        remarks = type(self).remark is not Kind.remark
        return None if remarks and any(map(self.remark, records)) else records

    def resolve(self, db: Session, records: Sequence[Record]) -> dict[int, DomainError]:
        """Look up what records refer to; returns errors by the record's position."""
        return {}

    def look_again(self) -> None:
        """Forget what was found before: a concurrent request has stored something."""

    def find(self, db: Session, records: Sequence[Record]) -> dict[Identity, Stored]:
        """The stored records among these, by identity."""
        raise NotImplementedError

    def differences(self, stored: Stored, record: Record) -> Record:
        """The columns of the file in which the record differs from the stored one."""
        compared = self.placed - self.not_compared
        return {
            name: record[name]
            for name in compared
            if name in record and record[name] != stored[name]
        }

    def may_change(self, stored: Stored, changes: Record) -> bool:
        """Whether these changes are made without --update, since they overwrite nothing."""
        return False

    def insert(self, db: Session, records: Sequence[Record]) -> dict[int, DomainError]:
        """Store new records; returns errors by the record's position."""
        raise NotImplementedError

    def change(self, db: Session, stored: Stored, record: Record, changes: Record) -> None:
        raise NotImplementedError

    def change_many(
        self, db: Session, changed: Sequence[tuple[Stored, Record, Record]]
    ) -> dict[int, DomainError]:
        """Change records that differ; returns errors by the record's position."""
        refused: dict[int, DomainError] = {}
        for place, (stored, record, changes) in enumerate(changed):
            try:
                with db.savepoint():
                    self.change(db, stored, record, changes)
            except DomainError as error:
                refused[place] = error
        return refused

    def in_scope(self, scope: Mapping[str, Any]) -> Select[Any] | None:
        """All records (id and identity) of a scope, for --delete-missing; None if not possible."""
        return None

    def identify_row(self, row: Any) -> Identity:
        """The identity that a row of `in_scope` has in files."""
        return self.identify(row._mapping)

    def remove(self, db: Session, row: Any) -> None:
        """Remove a row of `in_scope`. Raises DomainError if it is in use."""
        raise NotImplementedError

    def rows(self, scope: Mapping[str, Any]) -> Select[Any]:
        """The rows to export, all or a domain's, with the columns of the kind."""
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
        """The record's identity as text, for messages."""
        return " ".join(str(record[name]) for name in self.identity if record[name] != "")

    def require_domain(self, name: str | None) -> None:
        if name is not None and name not in self.domains:
            raise DomainNotFound(domain=name)


def chunks(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
