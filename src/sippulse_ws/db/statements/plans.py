"""A statement compiled once per dialect: text cut at its parameters, processors, type of row."""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Iterator, KeysView, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Boolean, Dialect, TypeDecorator
from sqlalchemy.exc import ArgumentError
from sqlalchemy.sql import ClauseElement, Insert, Select
from sqlalchemy.types import TypeEngine

from sippulse_ws.db.statements import json_rows
from sippulse_ws.db.statements.drivers import DRIVERS, LITERALS, Literal
from sippulse_ws.db.statements.insert_texts import NumberTexts, insert_texts
from sippulse_ws.db.statements.texts import Processor, TextWriters

_named = re.compile(r"%\(\w+\)s")
_placeholder = re.compile(r"%(?:\((\w+)\))?s|%%")


class Plan:
    """A statement compiled by SQLAlchemy, with its bind and result processors.

    `defaults` are the values of parameters that an execution does not give.
    """

    def __init__(
        self, statement: ClauseElement, dialect: Dialect, defaults: Mapping[str, Any]
    ) -> None:
        self.driver = DRIVERS[dialect.driver]
        self._unpack: Callable[[Any], list[Any]] = list
        to_send = statement
        if isinstance(statement, Select):
            if json_rows.is_worth_it(statement, dialect):
                to_send = json_rows.as_json_rows(statement)
                self._unpack = json_rows.decoder(statement, dialect)
            self._shape(statement, dialect)
        compiled: Any = to_send.compile(dialect=dialect)
        self._pieces, names = _cut(str(compiled))
        # an INSERT of placeholders alone: many rows of it can stand in one text
        self.writes_rows = (
            self.driver.writes_text
            and isinstance(statement, Insert)
            and self._pieces[0].endswith(b"VALUES (")
            and set(self._pieces[1:-1]) <= {b", "}
            and self._pieces[-1].startswith(b")")
        )
        self.sql = _named.sub("%s", str(compiled))  # drivers escape a list faster than a dict
        self._parameters = [
            (name, self._bind_processor(compiled.binds[name].type, dialect))
            for name in compiled.positiontup or names
        ]
        # literals in the statement, then the defaults
        binds = compiled.binds.items()
        self._known = {name: bind.value for name, bind in binds if not bind.required} | {**defaults}
        self._needed = {name for name, _ in self._parameters} - self._known.keys()
        self._gaps: dict[str, tuple[Processor | None, list[int]]] = {}
        for number, (name, process) in enumerate(self._parameters):
            self._gaps.setdefault(name, (process, []))[1].append(2 * number + 1)
        if unknown := defaults.keys() - self._gaps.keys():
            raise ArgumentError(f"defaults for unknown parameters {', '.join(sorted(unknown))}")
        self._texts = TextWriters(self._gaps, self._template)

    def write(self, connection: Any, values: Mapping[str, Any]) -> Any:
        """The statement with these values, as its driver sends it."""
        if not self.driver.writes_text:
            return self.sql, self.checked_arguments(values)
        quote = self.driver.quote(connection)
        names = tuple(values)
        write = self._texts.known.get(names)
        if write is None:
            if not (self._gaps.keys() >= values.keys() >= self._needed):
                raise self._wrong_names(values)
            write = self._texts.find(names, quote)
        return write(values, quote)

    def write_rows(self, connection: Any, rows: Sequence[Mapping[str, Any]]) -> Iterator[bytes]:
        """An INSERT of these rows as texts of about PACKET bytes; a longer row has its own."""
        if not rows:
            return iter(())
        if self._known or set(map(len, rows)) != {len(self._gaps)}:
            rows = [self._completed(row) for row in rows]
        try:
            columns = {name: [row[name] for row in rows] for name in self._gaps}
        except KeyError:
            raise self._wrong_names(_first_other(rows, self._gaps.keys())) from None
        return self.write_columns(connection, columns)

    def write_columns(
        self, connection: Any, columns: Mapping[str, Sequence[Any]]
    ) -> Iterator[bytes]:
        """The same, for rows given as columns."""
        head, tail = self._pieces[0][:-1], self._pieces[-1][1:]
        return insert_texts(head, self.bound_columns(columns), tail, self.driver.quote(connection))

    def bound_columns(self, columns: Mapping[str, Sequence[Any]]) -> list[Sequence[Any]]:
        """The values of each parameter as the driver takes them."""
        if columns.keys() != self._gaps.keys():
            raise self._wrong_names(columns)
        if len(set(map(len, columns.values()))) > 1:
            raise ValueError("the columns are not equally long")
        return [self._bound(columns[name], process) for name, process in self._parameters]

    def _bound(self, column: Sequence[Any], process: Processor | None) -> Sequence[Any]:
        if isinstance(column, NumberTexts):
            if self.driver.writes_text:
                return column
            column = column.decimals()
        return column if process is None else _processed(column, process)

    def checked_arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The values in the order of their placeholders, as the driver takes them."""
        values = self._completed(values)
        return [
            values[name] if process is None else process(values[name])
            for name, process in self._parameters
        ]

    def _completed(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """These values, and the defaults of those that are not given."""
        if not (self._gaps.keys() >= values.keys() >= self._needed):
            raise self._wrong_names(values)
        return {**self._known, **values} if self._known else values

    def _wrong_names(self, values: Mapping[str, Any]) -> ArgumentError:
        unknown = sorted(values.keys() - self._gaps.keys())
        missing = sorted(self._needed - values.keys())
        parts = [f"unknown parameters {', '.join(unknown)}"] if unknown else []
        parts += [f"no value for {', '.join(missing)}"] if missing else []
        return ArgumentError(f"{'; '.join(parts)}: {self.sql}")

    def row(self, raw: Any) -> Any:
        """A named tuple of the driver's row."""
        values = self._unpack(raw)
        for index, process in self._processors:
            if (value := values[index]) is not None:
                values[index] = process(value)
        return self._make(values)

    def _bind_processor(self, kind: TypeEngine[Any], dialect: Dialect) -> Processor | None:
        if self.driver.writes_text and isinstance(kind, Boolean):
            return None  # a literal is made of True itself
        impl = kind.dialect_impl(dialect)
        convert = impl.bind_processor(dialect)
        if convert is None or not isinstance(impl, TypeDecorator):
            return convert
        # the wrapper around the type's process_bind_param would add nothing
        own = type(impl).process_bind_param is not TypeDecorator.process_bind_param
        if own and impl.impl_instance.bind_processor(dialect) is None:
            return partial(impl.process_bind_param, dialect=dialect)
        return convert

    def _template(self, quote: Literal) -> list[bytes]:
        """The pieces, and between them the literals of known values, else NULL."""
        parts = [self._pieces[0]]
        for (name, process), piece in zip(self._parameters, self._pieces[1:], strict=True):
            value = self._known.get(name)
            if value is not None and process is not None:
                value = process(value)
            parts += [quote(value) if type(value) is str else LITERALS[type(value)](value), piece]
        return parts

    def _shape(self, statement: Select[Any], dialect: Dialect) -> None:
        columns = list(statement.selected_columns)
        names = [column.name for column in columns]
        row_type: Any = namedtuple("Row", names)  # type: ignore[misc]  # noqa: PYI024
        self._make: Callable[[Any], Any] = row_type._make
        self._processors = [
            (index, process)
            for index, column in enumerate(columns)
            if (process := column.type.dialect_impl(dialect).result_processor(dialect, None))
        ]


def _processed(column: Sequence[Any], process: Processor) -> list[Any]:
    """The values after `process`, which runs once where all are the same, as they often are."""
    if column.count(column[0]) == len(column):
        return [process(column[0])] * len(column)
    return list(map(process, column))


def _first_other(rows: Sequence[Mapping[str, Any]], names: KeysView[str]) -> Mapping[str, Any]:
    return next(row for row in rows if row.keys() != names)


def _cut(sql: str) -> tuple[list[bytes], list[str]]:
    """The pieces of a text between its placeholders, and the names of those that have one."""
    pieces, names, start = [""], [], 0
    for found in _placeholder.finditer(sql):
        pieces[-1] += sql[start : found.start()]
        start = found.end()
        if found.group() == "%%":
            pieces[-1] += "%"
        else:
            pieces.append("")
            names.append(found[1])
    pieces[-1] += sql[start:]
    return [piece.encode() for piece in pieces], names
