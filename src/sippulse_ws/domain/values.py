"""Checks plain values before they are stored: that they are there, and fit their column."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache, partial
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Double, Float, Integer, String
from sqlalchemy.types import TypeEngine

from sippulse_ws.domain.errors import InvalidField, MissingField
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.domain.sip_fields import Grammar, grammar_of, printable
from sippulse_ws.models import Base
from sippulse_ws.models.types import MONEY_LIMIT, Key, Money, as_money

Values = Mapping[str, Any]
Fit = Callable[[Any, str, str], Any]  # (value, prefix, name) -> value as stored

PASSWORD_LENGTH = 128
INT_MAX = 2**31 - 1
# What a user part of a SIP URI cannot carry, what separates lists, and what SIP digests split on.
_NOT_IN_USERNAME = re.compile(r"[\s@:;,<>\"\\/?\x00-\x1f\x7f]")
_NOT_IN_DOMAIN = re.compile(r"[^a-z0-9._\-\[\]:]")


@cache
def wire_name(name: str) -> str:
    """`account_code` → `accountCode`: the name under which a client knows a field."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def required(values: Values, *names: str) -> None:
    """Check that each of these fields has a value, and is not empty."""
    for name in names:
        value = values.get(name)
        if value is None or (type(value) is str and not value):
            raise MissingField(field=wire_name(name))


def present(values: Values, names: Iterable[str]) -> dict[str, Any]:
    """The fields that the client sent."""
    get = values.get
    return {name: value for name in names if (value := get(name)) is not None}


def storable(
    model: type[Base], values: Values, prefix: str = "", *, names: Iterable[str] | None = None
) -> dict[str, Any]:
    """The values as their columns store them. Raises InvalidField for what cannot be stored.

    With `names`, only those of these fields that were sent.
    """
    fits = _fits(model)
    if names is not None:
        stored = {}
        for name in names:
            if (value := values.get(name)) is not None:
                fit = fits[name]
                stored[name] = value if fit is None else fit(value, prefix, name)
        return stored
    stored = {**values}
    for name, value in values.items():
        if value is not None and (fit := fits[name]) is not None:
            stored[name] = fit(value, prefix, name)
    return stored


def rows_fit(model: type[Base], rows: Sequence[Values]) -> bool:
    """Whether `storable` would leave all of these rows unchanged."""
    names: set[str] = set().union(*rows)
    columns = ((name, [row[name] for row in rows if name in row]) for name in names)
    return all(_column_fits(model, name, values) for name, values in columns)


def _column_fits(model: type[Base], name: str, values: Sequence[Any]) -> bool:
    if set(map(type, values)) == {str} and _text_column(model, name).is_text:
        return texts_fit(model, name, values)
    fit = _fits(model)[name]
    if fit is None:
        return True
    try:
        for kind, value in set(zip(map(type, values), values, strict=True)):  # True is no 1 here
            if value is not None:
                stored = fit(value, "", name)
                if type(stored) is not kind or stored != value:
                    return False
    except InvalidField:
        return False
    return True


def texts_fit(model: type[Base], name: str, texts: Sequence[str]) -> bool:
    """Whether `storable` would accept all of these texts for a column, unchanged."""
    length, grammar, _ = _text_column(model, name)
    if length is not None and max(map(len, texts)) > length:
        return False
    if grammar is printable:  # which looks at single characters
        texts = ["".join(texts)]
    try:
        if grammar is not None:
            for text in texts:
                grammar(text, name)
    except InvalidField:
        return False
    return True


class _TextColumn(NamedTuple):
    length: int | None
    grammar: Grammar | None
    is_text: bool  # and stores a text as it is


@cache
def _text_column(model: type[Base], name: str) -> _TextColumn:
    column = model.__table__.columns[name]
    is_text = isinstance(column.type, String | Key)
    length = column.type.length if isinstance(column.type, String | Key) else None
    return _TextColumn(length, grammar_of(column), is_text)


def amount(value: float | Decimal, field: str) -> Decimal:
    """An amount from a double: its shortest decimal form, rounded half to even."""
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if not number.is_finite():
        raise InvalidField(field, Reason.NOT_FINITE)
    if abs(number) >= MONEY_LIMIT:
        raise InvalidField(field, Reason.VALUE_TOO_LARGE)
    return as_money(number)


def finite(value: float, field: str) -> float:
    if not math.isfinite(value):
        raise InvalidField(field, Reason.NOT_FINITE)
    return value


def within(value: int | None, low: int, high: int, field: str) -> None:
    if value is not None and not low <= value <= high:
        raise InvalidField(field, Reason.OUT_OF_RANGE, low=low, high=high)


def username_text(value: str, field: str = "username") -> str:
    """A name that can be before the @ of a SIP address."""
    if _NOT_IN_USERNAME.search(value):
        raise InvalidField(field, Reason.NOT_IN_SIP_ADDRESSES)
    return value


def domain_text(value: str, field: str = "domain") -> str:
    """A domain name or address in lower case."""
    if _NOT_IN_DOMAIN.search(value.lower()):
        raise InvalidField(field, Reason.NOT_A_DOMAIN_NAME)
    return value.lower()


def password_text(value: str, field: str) -> str:
    if len(value) > PASSWORD_LENGTH:
        raise _too_long(field, PASSWORD_LENGTH)
    return value


@cache
def _fits(model: type[Base]) -> dict[str, Fit | None]:
    return {
        column.name: _spelt(_fit(column.type), grammar_of(column))
        for column in model.__table__.columns
    }


def _spelt(fit: Fit | None, grammar: Grammar | None) -> Fit | None:
    """A check that also applies the column's syntax; an empty text clears a field."""
    if grammar is None:
        return fit

    def check(value: Any, prefix: str, name: str) -> Any:
        if fit is not None:
            value = fit(value, prefix, name)
        if value:
            grammar(value, prefix + wire_name(name))
        return value

    return check


def _fit(kind: TypeEngine[Any]) -> Fit | None:
    """What a column of this type takes, None for whatever there may be.

    The field's wire name is made only to complain.
    """
    if isinstance(kind, Money):
        return lambda value, prefix, name: amount(value, prefix + wire_name(name))
    if isinstance(kind, Double | Float):
        return lambda value, prefix, name: finite(value, prefix + wire_name(name))
    if isinstance(kind, String | Key) and kind.length is not None:
        return partial(_fit_text, kind.length)
    if isinstance(kind, Integer) and not isinstance(kind, BigInteger):
        return _fit_integer
    return None


def _fit_text(length: int, value: str, prefix: str, name: str) -> str:
    if len(value) > length:
        raise _too_long(prefix + wire_name(name), length)
    return value


def _fit_integer(value: int, prefix: str, name: str) -> int:
    if not -INT_MAX - 1 <= value <= INT_MAX:
        raise InvalidField(prefix + wire_name(name), Reason.NUMBER_TOO_LARGE)
    return value


def _too_long(field: str, length: int) -> InvalidField:
    return InvalidField(field, Reason.MORE_CHARACTERS, length=length)
