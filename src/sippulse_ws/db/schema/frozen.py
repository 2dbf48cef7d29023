"""Column types as the migrations write them: what stands here is never edited, only added to.

The models' own types may change; a migration makes for ever what it made the first time.
"""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Numeric, String, TypeDecorator
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.types import TypeEngine

_MONEY_SCALE = 6
_MONEY_UNIT = Decimal(1).scaleb(-_MONEY_SCALE)

_MYSQL = ("mysql", "mariadb")


def _as_money(value: Decimal) -> Decimal:
    """Round half-even to the 6 decimals that money has everywhere."""
    return value.quantize(_MONEY_UNIT, rounding=ROUND_HALF_EVEN)


class KeyColumn(TypeDecorator[str]):
    """Text compared byte by byte, trailing spaces included: usernames, logins, numbers, domains.

    The default collations take `joao`, `João` and `joao ` for one and the same.
    """

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name not in _MYSQL:
            return String(self.length)
        mariadb = getattr(dialect, "is_mariadb", False)
        collation = "utf8mb4_nopad_bin" if mariadb else "utf8mb4_0900_bin"
        return mysql.VARCHAR(self.length, charset="utf8mb4", collation=collation)


class MoneyColumn(TypeDecorator[Decimal]):
    """Exact amount: DECIMAL(18,6), on SQLite (whose NUMERIC is a float) a count of millionths."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in _MYSQL:
            return mysql.DECIMAL(18, _MONEY_SCALE)
        return BigInteger()

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        amount = _as_money(value)
        return amount if dialect.name in _MYSQL else int(amount.scaleb(_MONEY_SCALE))

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None or isinstance(value, Decimal):
            return value
        return Decimal(value).scaleb(-_MONEY_SCALE)


class UtcDateTimeColumn(TypeDecorator[dt.datetime]):
    """A moment, stored as UTC with microseconds; aware on both sides."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return mysql.DATETIME(fsp=6) if dialect.name in _MYSQL else DateTime()

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        return None if value is None else value.astimezone(dt.UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        return None if value is None else value.replace(tzinfo=dt.UTC)


# Wall-clock time to the second, stored as given: tables that integrators read have no time zone.
WallTimeColumn = DateTime().with_variant(
    sqlite.DATETIME(truncate_microseconds=True),  # type: ignore[no-untyped-call]
    "sqlite",
)
# SQLite numbers rows only in an INTEGER PRIMARY KEY.
BigIdColumn = BigInteger().with_variant(Integer(), "sqlite")

TABLE_OPTIONS = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_unicode_ci",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_unicode_ci",
}
