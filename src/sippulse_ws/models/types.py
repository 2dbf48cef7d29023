"""Column types that behave alike on SQLite, MariaDB and MySQL, and short names for models."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Numeric, String, TypeDecorator
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.types import TypeEngine

MONEY_SCALE = 6
MONEY_UNIT = Decimal(1).scaleb(-MONEY_SCALE)
MONEY_LIMIT = Decimal(10) ** 12

_MYSQL = ("mysql", "mariadb")


def as_money(value: Decimal) -> Decimal:
    """Round half to even, to the six decimals of all amounts."""
    if value.same_quantum(MONEY_UNIT):
        return value
    return value.quantize(MONEY_UNIT, rounding=ROUND_HALF_EVEN)


class Key(TypeDecorator[str]):
    """Text compared byte by byte, trailing spaces included: usernames, logins, numbers, domains.

    The default collations treat `joao`, `João` and `joao ` as equal.
    """

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name not in _MYSQL:
            return String(self.length)
        mariadb = getattr(dialect, "is_mariadb", False)
        collation = "utf8mb4_nopad_bin" if mariadb else "utf8mb4_0900_bin"
        return mysql.VARCHAR(self.length, charset="utf8mb4", collation=collation)


class Money(TypeDecorator[Decimal]):
    """An exact amount: DECIMAL(18,6); on SQLite, whose NUMERIC is a float, millionths."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in _MYSQL:
            return mysql.DECIMAL(18, MONEY_SCALE)
        return BigInteger()

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        amount = as_money(value)
        return amount if dialect.name in _MYSQL else int(amount.scaleb(MONEY_SCALE))

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None or isinstance(value, Decimal):
            return value
        return Decimal(value).scaleb(-MONEY_SCALE)


class UtcDateTime(TypeDecorator[dt.datetime]):
    """A moment, stored in UTC with microseconds; always a datetime with time zone in Python."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return mysql.DATETIME(fsp=6) if dialect.name in _MYSQL else DateTime()

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        return None if value is None else value.astimezone(dt.UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        return None if value is None else value.replace(tzinfo=dt.UTC)


# A local time to the second, as its writer gives it: integrators' tables have no zone.
WallTime = DateTime().with_variant(
    sqlite.DATETIME(truncate_microseconds=True),  # type: ignore[no-untyped-call]
    "sqlite",
)
# SQLite assigns ids only to an INTEGER PRIMARY KEY.
BigId = BigInteger().with_variant(Integer(), "sqlite")
