"""A whole row in one column, for a driver that is slow per column.

PyMySQL decodes the description and the value of every column in Python, about ten microseconds
each: a subscriber's 50 columns cost more than everything else of the request together. Sent as one
JSON array by the database and decoded by the C scanner of `json`, the row costs a tenth.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Dialect,
    Float,
    Integer,
    Numeric,
    String,
    TypeDecorator,
    func,
)
from sqlalchemy.sql import Select
from sqlalchemy.sql.elements import Label, Null
from sqlalchemy.types import NullType, TypeEngine

# Below this many columns the detour does not pay.
LEAST_COLUMNS = 8

Convert = Callable[[Any], Any]
# Numbers with a point are exact; control characters may stand in strings as they are.
_decode = json.JSONDecoder(parse_float=Decimal, strict=False).decode


def is_worth_it(statement: Select[Any], dialect: Dialect) -> bool:
    columns = list(statement.selected_columns)
    return (
        dialect.driver == "pymysql"
        and len(columns) >= LEAST_COLUMNS
        and all(_is_known(column, dialect) for column in columns)
    )


def as_json_rows(statement: Select[Any]) -> Select[Any]:
    """The same rows, each as one column."""
    array = func.json_array(*(_unlabelled(one) for one in statement.selected_columns))
    return statement.with_only_columns(array)


def decoder(statement: Select[Any], dialect: Dialect) -> Callable[[Any], list[Any]]:
    """A function from a row of one JSON column to the values of the original row."""
    conversions = [
        (index, convert)
        for index, column in enumerate(statement.selected_columns)
        if (convert := _conversion(column, dialect))
    ]

    def decode(row: Any) -> list[Any]:
        values: list[Any] = _decode(row[0])
        for index, convert in conversions:
            if values[index] is not None:
                values[index] = convert(values[index])
        return values

    return decode


def _conversion(column: ColumnElement[Any], dialect: Dialect) -> Convert | None:
    """Makes of a decoded JSON value what the driver gives; None if it is the same already."""
    kind = _driver_type(column, dialect)
    if isinstance(kind, DateTime):
        return dt.datetime.fromisoformat
    if isinstance(kind, Float):
        return float
    if isinstance(kind, Numeric):
        return Decimal  # an integral number comes as an int
    if isinstance(kind, Boolean | Integer) and not isinstance(_unlabelled(column), Column):
        return int  # MariaDB may write the number of a subquery as a string, or as true and false
    return None


def _is_known(column: ColumnElement[Any], dialect: Dialect) -> bool:
    kind = _driver_type(column, dialect)
    if isinstance(kind, NullType):
        return isinstance(_unlabelled(column), Null)
    return isinstance(kind, Boolean | Integer | Numeric | Float | String | DateTime)


def _driver_type(column: ColumnElement[Any], dialect: Dialect) -> TypeEngine[Any]:
    kind = column.type
    return kind.load_dialect_impl(dialect) if isinstance(kind, TypeDecorator) else kind


def _unlabelled(column: ColumnElement[Any]) -> Any:
    return column.element if isinstance(column, Label) else column
