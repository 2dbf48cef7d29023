"""Long lists: rows one by one, or up to MOST of them joined to one text by the database.

A driver takes up to seven microseconds for a row of ten columns, but almost nothing for a single
value: MariaDB and MySQL join the values of all rows to one text with less work than sending the
rows takes. A `Shape` says how that text is written.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Numeric,
    Select,
    String,
    TypeDecorator,
    and_,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from sippulse_ws.db.statements.prepared import Prepared
from sippulse_ws.db.statements.session import Session
from sippulse_ws.text_of_rows import DECIMALS, Column, RowText

MOST = 5000  # rows of a text; MYSQL_SESSION sets group_concat_max_len, its greatest length in bytes
_CHARACTER = 4  # bytes at most: a text that was cut off is shorter than its limit by less than that
_AT_ONCE = 500  # rows fetched together
_MYSQL: Any = mysql.dialect()


class Shape(Protocol):
    """How the text is written: a mark after each value, `null` for NULL; doubles are < `below`."""

    @property
    def columns(self) -> Sequence[Column]: ...
    @property
    def null(self) -> str: ...
    @property
    def below(self) -> int: ...


class ListQuery:
    """A SELECT of named columns with named parameters, in the order of some of them."""

    def __init__(self, statement: Select[Any], *order: Any) -> None:
        self.rows = statement.order_by(*order)
        self._statement = statement
        self._order = order
        self._texts: dict[Shape, Prepared | None] = {}

    def text(self, shape: Shape) -> Prepared | None:
        """The statement that returns all rows as one text; None if a column has no such text."""
        if shape not in self._texts:
            self._texts[shape] = self._as_text(shape)
        return self._texts[shape]

    def _as_text(self, shape: Shape) -> Prepared | None:
        found = {column.name: column for column in self._statement.selected_columns}
        columns = [found.get(one.attribute) for one in shape.columns]
        values, nulls, doubles = [], [], []
        for one, column in zip(shape.columns, columns, strict=True):
            if column is None or not _fits(column, one.kind):
                return None
            value = (
                func.IF(column, _text("true"), _text("false")) if one.kind == "boolean" else column
            )
            if getattr(column, "nullable", True):
                nulls.append(func.isnull(column))
                value = func.IF(func.isnull(column), _text(shape.null), value)
            values += [value, _text(one.mark)]
            if one.kind == "double":
                doubles.append(and_(column >= _number(0), column < _number(shape.below)))
        some: Select[Any] = self._statement.with_only_columns(literal_column("1").label("one"))
        count = select(func.count()).select_from(some.limit(MOST + 1).subquery())
        return Prepared(
            self._statement.with_only_columns(
                func.count().label("count"),
                func.sum(sum(nulls[1:], nulls[0]) if nulls else 0).label("nulls"),
                func.min(and_(True, *doubles)).label("fits"),
                _limit().label("limit"),
                _Joined(*values, *self._order, values=len(values)).label("text"),
            ).where(count.scalar_subquery() <= MOST)
        )


class Listing(Generator[Any]):
    """A generator of a query's rows, or all of them as one text.

    `check` is called before the first row, and not by `as_text`: it may raise an error (that a
    domain does not exist, say) only where the query has no rows.
    """

    def __init__(
        self,
        db: Session,
        query: ListQuery,
        values: Mapping[str, Any],
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._db = db
        self._query = query
        self._values = values
        self._check = check
        self._rows = self._stream()

    def send(self, value: None) -> Any:
        return self._rows.send(value)

    def throw(self, *error: Any) -> Any:
        return self._rows.throw(*error)

    def close(self) -> None:
        self._rows.close()

    def as_text(self, shape: Shape) -> RowText | None:
        """All rows at once; None if there are none, too many, too long, or some do not fit."""
        statement = None if self._db.is_sqlite else self._query.text(shape)
        if statement is None:
            return None
        row = statement.first(self._db, **self._values)
        if not row.count or not row.fits:
            return None
        if len(row.text.encode()) > row.limit - _CHARACTER:  # cut off, perhaps
            return None
        return RowText(row.text, row.count, int(row.nulls))

    def _stream(self) -> Generator[Any]:
        self._check()
        yield from stream(self._db, self._query.rows, self._values)


def stream(
    db: Session,
    query: Select[Any],
    values: Mapping[str, Any] | None = None,
    *,
    scalars: bool = False,
) -> Generator[Any]:
    """The rows, or their first columns, as they come from the database.

    Until the last one, or until it is closed, the connection can do nothing else.
    """
    with db.execute(query, values, execution_options={"yield_per": _AT_ONCE}) as rows:
        yield from rows.scalars() if scalars else rows


class _Joined(FunctionElement[str]):
    """GROUP_CONCAT: of each row the first `values` arguments, in the order of the others."""

    type = String()
    inherit_cache = False

    def __init__(self, *arguments: Any, values: int) -> None:
        super().__init__(*arguments)
        self.values = values


@compiles(_Joined)
def _joined(element: _Joined, compiler: Any, **options: Any) -> str:
    written = [compiler.process(one, **options) for one in element.clauses]
    values, order = written[: element.values], written[element.values :]
    return f"GROUP_CONCAT({', '.join(values)} ORDER BY {', '.join(order)} SEPARATOR '')"


def _limit() -> ColumnElement[int]:
    """Bytes after which the server cuts a text off."""
    names = ("@@group_concat_max_len", "@@max_allowed_packet")
    return func.LEAST(*(literal_column(name) for name in names), type_=Integer())


def _number(constant: int) -> ColumnElement[Any]:
    return literal_column(str(constant))


def _text(constant: str) -> ColumnElement[str]:
    return literal_column(f"'{constant}'")


def _fits(column: ColumnElement[Any], kind: str) -> bool:
    """Whether the database writes the column's values as the wire does."""
    stored = _stored(column.type)
    if kind == "string":
        return isinstance(stored, String)
    if kind in ("int", "long"):
        return isinstance(stored, Integer) and not isinstance(stored, Boolean)
    if kind == "boolean":
        return isinstance(stored, Boolean)
    return kind == "double" and isinstance(stored, Numeric) and stored.scale == DECIMALS


def _stored(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    return kind.load_dialect_impl(_MYSQL) if isinstance(kind, TypeDecorator) else kind
