"""The declarative base: one metadata, names for every constraint, shared column shapes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any

from sqlalchemy import BigInteger, Boolean, Double, ForeignKey, MetaData, String, false, text, true
from sqlalchemy.orm import DeclarativeBase, mapped_column

from sippulse_ws.models.types import BigId, Key, Money, UtcDateTime

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

MYSQL_OPTIONS = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_unicode_ci",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_unicode_ci",
}


class Base(DeclarativeBase):
    """Base of all mapped classes; columns are named like the contract's fields, in snake_case."""

    metadata = MetaData(naming_convention=NAMING)
    __table_args__: Any = MYSQL_OPTIONS


Id = Annotated[int, mapped_column(primary_key=True)]
LongId = Annotated[int, mapped_column(BigId, primary_key=True)]
# A domain is referred to by its name, as SIP proxies and integrators' SQL do.
DomainName = Annotated[
    str, mapped_column(Key(64), ForeignKey("domain.domain", onupdate="CASCADE"), index=True)
]
Username = Annotated[str, mapped_column(Key(64))]
Number = Annotated[str, mapped_column(Key(64))]
Text = Annotated[str | None, mapped_column(String(255))]
Long = Annotated[int | None, mapped_column(BigInteger)]
Amount = Annotated[Decimal, mapped_column(Money, server_default=text("0"))]
Percentage = Annotated[float, mapped_column(Double, server_default=text("0"))]
# Ciphertext of a password that the API has to return, see domain/vault.py.
Sealed = Annotated[str | None, mapped_column(String(1024))]
Off = Annotated[bool, mapped_column(Boolean, server_default=false())]
On = Annotated[bool, mapped_column(Boolean, server_default=true())]
Count = Annotated[int, mapped_column(server_default=text("0"))]
Moment = Annotated[dt.datetime, mapped_column(UtcDateTime)]
MaybeMoment = Annotated[dt.datetime | None, mapped_column(UtcDateTime)]
SubscriberId = Annotated[
    int, mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"), index=True)
]
