"""Runs an import: lines become records, and each batch of records a transaction.

Batches are independent: an import that ends early has stored whole batches, and the next run
recognizes their records.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from sippulse_ws.db import Database, Session
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.files.batches import BatchStore, Counts, Refusal
from sippulse_ws.files.columns import (
    ColumnNames,
    ColumnWishes,
    place_columns,
    unnamed_places,
)
from sippulse_ws.files.decimals import DecimalReader, Sign, SignFinder
from sippulse_ws.files.fields import Field, ReadingStyle
from sippulse_ws.files.forms import Form, Wanted, find_form
from sippulse_ws.files.kind import Kind
from sippulse_ws.files.lines import Entry, Layout, LineReader, Transform, is_archive
from sippulse_ws.files.numbers import NumberOptions
from sippulse_ws.files.refusals import EmptyFile, RecordRepeated, shown
from sippulse_ws.files.seen import SeenRecords
from sippulse_ws.files.sheets import SheetNumber
from sippulse_ws.files.streams import Bytes
from sippulse_ws.files.tables import Table, opened_table


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The operator's options for a file."""

    wanted: Wanted = field(default_factory=Wanted)
    columns: ColumnWishes = field(default_factory=ColumnWishes)
    decimal: Sign | None = None
    numbers: NumberOptions = field(default_factory=NumberOptions)
    given: Mapping[str, Any] = field(default_factory=dict)  # for all lines, such as --domain's
    extra_fields: tuple[Field, ...] = ()  # fields that only `transform` needs
    nulls: frozenset[str] = frozenset()  # texts that mean an empty cell
    transform: Transform | None = None
    dry_run: bool = False
    update: bool = False


class _Listener(Protocol):
    """Gets progress, refusals and remarks, and may stop the import."""

    def begins(self, form: Form, header: str | None) -> None: ...

    def refused(self, line: int, raw: str, error: DomainError) -> None: ...

    def remarked(self, line: int, remark: DomainError) -> None: ...

    def stores(self, is_running: Callable[[], bool]) -> None:
        """A batch is being stored while `is_running` returns True."""

    def goes_on(self, counts: Counts) -> None: ...

    @property
    def stops(self) -> bool:
        """Whether the import has to end after this batch."""


class Import:
    """One import of one file."""

    def __init__(
        self,
        database: Database,
        kind: Kind,
        source: Bytes,
        options: ImportOptions,
        listener: _Listener,
        confirm: Callable[[Session], None] | None = None,
    ) -> None:
        """`confirm` is called in the transaction of each batch, before anything is stored."""
        self._kind = kind
        self._source = source
        self._options = options
        self._listener = listener
        self._database = database
        self._store = BatchStore(database, kind, update=options.update, dry_run=options.dry_run)
        self._store.confirm = confirm
        self.seen = SeenRecords()
        self.counts = Counts()
        self.interrupted = False

    def run(self) -> Counts:
        """Import the file. Raises FileRefused if the whole file is unusable."""
        kind, options = self._kind, self._options
        with self._database.reading() as db:
            kind.begin(db)
        names = ColumnNames((*kind.fields, *options.extra_fields), kind.numbered)
        told = options.columns.names
        form = find_form(self._source, options.wanted, names.count, len(told) if told else None)
        looks = options.decimal is None and (form.spreadsheet or form.delimiter != ",")
        looks = looks and any(one.is_decimal for one in kind.fields)
        if looks:
            self._source.put_aside()
        with ExitStack() as opened:
            table = opened.enter_context(opened_table(self._source, form))
            header, raw = self._header(table, names)
            placed = place_columns(header, names, options.columns, options.given)
            signs: dict[str, Sign] = {}
            if looks:
                signs = self._signs(table, placed)
                opened.close()  # its lines were consumed: begin again
                table = opened.enter_context(opened_table(self._source, form))
                self._header(table, names)
            told_signs = (options.decimal and {"": options.decimal}) or signs
            shown_form = replace(table.form, signs=tuple(sorted(told_signs.items())))
            self._listener.begins(shown_form, raw)
            kind.placed = frozenset(one.name for one in placed.values())
            layout = Layout(
                placed,
                self._styles(placed, signs, raw, sheet=form.spreadsheet),
                len(header or told or ()),
                options.given,
                padded=form.spreadsheet,
                transform=options.transform,
                nulls=options.nulls,
                unnamed=unnamed_places(header),
            )
            self._store_all(LineReader(kind, layout).read(table.blocks()))
        return self.counts

    def close(self) -> None:
        self.seen.close()
        self._source.close()

    def _header(self, table: Table, names: ColumnNames) -> tuple[list[str] | None, str | None]:
        """The first line's cells and the line itself if it has the names, else None and None."""
        if self._options.columns.names is not None:
            return None, None
        first = next(table.lines, None)
        if first is None:
            required = (one.name for one in names.fields.values() if one.required)
            raise EmptyFile(columns=", ".join(required))
        if first.problem is not None:
            raise first.problem
        return first.cells, first.raw

    @staticmethod
    def _signs(table: Table, placed: Mapping[int, Field]) -> dict[str, Sign]:
        """The decimal sign of each column, found from the whole file."""
        finders = {place: SignFinder(one.name) for place, one in placed.items() if one.is_decimal}
        if not finders:
            return {}
        for line in table.lines:
            for place, finder in finders.items():
                if place < len(line.cells) and type(line.cells[place]) is not SheetNumber:
                    finder.look_at(line.number, line.cells[place].strip())
        return {placed[place].name: finder.sign() for place, finder in finders.items()}

    def _styles(
        self,
        placed: Mapping[int, Field],
        signs: Mapping[str, Sign],
        header: str | None,
        *,
        sheet: bool,
    ) -> dict[str, ReadingStyle]:
        told, raw = self._options.decimal, is_archive(header)
        styles = {}
        for one in placed.values():
            sign = told or signs.get(one.name)
            decimal = DecimalReader(sign or ".", grouped=sign is not None)
            styles[one.name] = ReadingStyle(self._options.numbers, decimal, raw, sheet)
        return styles

    def _store_all(self, batches: Iterator[list[Entry]]) -> None:
        """Store each batch while the next one is read and checked."""
        with ThreadPoolExecutor(1) as worker, _fewer_collections():
            storing: Storing | None = None
            try:
                for batch in batches:
                    prepared = self._prepared(batch)
                    if storing is not None:
                        self._end(storing)
                        if self._listener.stops:
                            self.interrupted, storing = True, None
                            return
                    storing = prepared.begin(worker, self._store)
                    self._listener.stores(storing.is_running)
            finally:
                if storing is not None:
                    self._end(storing)
                    self.interrupted = self.interrupted or self._listener.stops

    def _prepared(self, batch: list[Entry]) -> PreparedBatch:
        """The records of a batch that are to be stored, and those refused before that."""
        prepared = PreparedBatch(batch)
        records = [entry.record for entry in batch if entry.record is not None]
        if len(records) < len(batch):
            prepared.good = [entry for entry in batch if entry.record is not None]
            wrong = [(one.line, one.raw, one.error) for one in batch if one.error is not None]
            prepared.refusals = wrong
            prepared.left_out = len(batch) - len(records) - len(wrong)
        lines = [entry.line for entry in prepared.good]
        first = self.seen.first_lines(list(zip(self._kind.identities(records), lines, strict=True)))
        if first != lines:
            self._refuse_repeated(prepared, first)
        for entry in prepared.good:
            if entry.remark is not None:
                self._listener.remarked(entry.line, entry.remark)
        return prepared

    def _refuse_repeated(self, prepared: PreparedBatch, first: list[int]) -> None:
        """Refuse repeated records; `first` has for each the line of the first with its identity."""
        good, prepared.good = prepared.good, []
        for entry, line in zip(good, first, strict=True):
            if line == entry.line:
                prepared.good.append(entry)
                continue
            identity = shown(self._kind.describe(entry.record or {}))
            error = RecordRepeated(row=line, identity=identity)
            prepared.refusals.append((entry.line, entry.raw, error))

    def _end(self, storing: Storing) -> None:
        """Wait until a batch is stored, and add its counts."""
        prepared = storing.prepared
        refusals = prepared.refusals
        early = Counts(refused=len(refusals), left_out=prepared.left_out)
        counts, failed = storing.result()
        self.counts.add(counts)
        self.counts.add(early)
        for refusal in sorted([*refusals, *failed], key=lambda one: one[0]):
            self._listener.refused(*refusal)
        self._listener.goes_on(self.counts)


@contextmanager
def _fewer_collections() -> Iterator[None]:
    """Collect garbage less often: rows have no cycles, and the search takes a tenth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


@dataclass(slots=True)
class PreparedBatch:
    """A batch that is ready to be stored."""

    good: list[Entry]
    refusals: list[Refusal] = field(default_factory=list)
    left_out: int = 0

    def begin(self, worker: ThreadPoolExecutor, store: BatchStore) -> Storing:
        return Storing(self, worker.submit(store.store, self.good) if self.good else None)


@dataclass(slots=True)
class Storing:
    """A batch that is being stored."""

    prepared: PreparedBatch
    future: Future[tuple[Counts, list[Refusal]]] | None

    def is_running(self) -> bool:
        return self.future is not None and not self.future.done()

    def result(self) -> tuple[Counts, list[Refusal]]:
        return (Counts(), []) if self.future is None else self.future.result()
