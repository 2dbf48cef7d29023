"""What is made of a statement once per dialect: its text cut at the parameters, its type of row."""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Boolean, Dialect, TypeDecorator
from sqlalchemy.exc import ArgumentError
from sqlalchemy.sql import ClauseElement, Insert, Select
from sqlalchemy.types import TypeEngine

from sippulse_ws.db.statements import json_rows
from sippulse_ws.db.statements.drivers import DRIVERS, LITERALS, Literal
from sippulse_ws.db.statements.texts import Processor, TextWriters

PACKET = 500_000  # bytes after which a text of many rows ends; max_allowed_packet is 1 MiB or more
_REMEMBERED = 10_000  # texts of many rows
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
        # literals of the statement; what is passed comes on top
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
        """An INSERT of these rows as texts of many rows each, none longer than a packet may be."""
        quote = _remembering(self.driver.quote(connection))
        head, tail = self._pieces[0][:-1], self._pieces[-1][1:]
        written: list[bytes] = []
        length = 0
        for row in rows:
            literals = [
                quote(bound) if (kind := type(bound)) is str else LITERALS[kind](bound)
                for bound in self._arguments(row)
            ]
            written.append(b"(%b)" % b",".join(literals))
            length += len(written[-1])
            if length > PACKET:
                yield head + b",".join(written) + tail
                written, length = [], 0
        if written:
            yield head + b",".join(written) + tail

    def _arguments(self, row: Mapping[str, Any]) -> list[Any]:
        """Like `checked_arguments`, quicker where a row has just the parameters."""
        if self._known or len(row) != len(self._gaps):
            return self.checked_arguments(row)
        try:
            return [
                row[name] if process is None else process(row[name])
                for name, process in self._parameters
            ]
        except KeyError:
            raise self._wrong_names(row) from None

    def checked_arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The values in the order of their placeholders, as the driver takes them."""
        if not (self._gaps.keys() >= values.keys() >= self._needed):
            raise self._wrong_names(values)
        if self._known:
            values = {**self._known, **values}
        return [
            values[name] if process is None else process(values[name])
            for name, process in self._parameters
        ]

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
            values[index] = process(values[index])
        return self._make(values)

    def _bind_processor(self, kind: TypeEngine[Any], dialect: Dialect) -> Processor | None:
        if self.driver.writes_text and isinstance(kind, Boolean):
            return None  # a literal is made of True itself
        impl = kind.dialect_impl(dialect)
        convert = impl.bind_processor(dialect)
        if convert is None or not isinstance(impl, TypeDecorator):
            return convert
        # what there is between it and the type's own function has nothing to do
        own = type(impl).process_bind_param is not TypeDecorator.process_bind_param
        if own and impl.impl_instance.bind_processor(dialect) is None:
            return partial(impl.process_bind_param, dialect=dialect)
        return convert

    def _template(self, quote: Literal) -> list[bytes]:
        """The pieces, and between them what is known or NULL."""
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


def _remembering(quote: Literal) -> Literal:
    """Rows of one statement share many texts: a domain, a city."""
    known: dict[str, bytes] = {}

    def quoted(text: str) -> bytes:
        found = known.get(text)
        if found is None:
            found = quote(text)
            if len(known) < _REMEMBERED:
                known[text] = found
        return found

    return quoted


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
