"""Reads the old installation's database with the SQL account of an integrator.

Only `vi_cdrs`, `acc` and some columns of `subscriber` are documented. Anything else is read if a
table with the expected columns exists, and reported if not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from sippulse_ws.cutover.errors import NotReadable
from sippulse_ws.cutover.source import Record
from sippulse_ws.domain import call_records
from sippulse_ws.models import Subscriber
from sippulse_ws.models.types import Money

AccountKey = tuple[str, str]  # username, domain
# Columns of a subscriber that no operation returns.
UNTOLD_FLAGS = (
    "active",
    "cps",
    "keep_alive",
    "daily_statistics",
    "privacy_calls",
    "topology_hiding",
)
_EXPIRES = "credit_expires_at"
_SUBSCRIBER = Subscriber.__table__.columns
# Tables that may have the aliases: a stock SIP proxy's, and ours.
_ALIASES = (
    "SELECT id, username, domain, alias_username, alias_domain FROM dbaliases",
    """SELECT a.id, s.username, s.domain, a.alias_username, a.alias_domain
    FROM db_alias a JOIN subscriber s ON s.id = a.subscriber_id""",
)
_ADMINISTRATORS = "SELECT id, login, password_hash, active, superuser FROM administrator"
_GRANTS = "SELECT administrator_id, domain FROM administrator_domain"
_PROVIDERS = "SELECT id, name, tx_connection, cadency FROM provider"
_GATEWAYS = "SELECT id, provider_id, name, address, rate_id FROM gateway"
_RESELLERS = "SELECT id, password FROM reseller WHERE password IS NOT NULL"
_CHUNK = 1000


@dataclass
class Listed:
    """The subscribers, with the columns that no operation returns."""

    accounts: list[AccountKey] = field(default_factory=list)
    more: dict[AccountKey, Record] = field(default_factory=dict)
    columns: frozenset[str] = frozenset()  # those of UNTOLD_FLAGS that exist


class OldDatabase:
    """The old database. Methods raise NotReadable for what the account cannot read."""

    def __init__(self, dsn: str) -> None:
        try:
            url = sa.make_url(dsn)
            # a server could ask mysqlclient for any file of this machine
            arguments = {"local_infile": False} if url.get_backend_name() == "mysql" else {}
            self._engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args=arguments)
        except (sa.exc.ArgumentError, ImportError) as error:
            raise NotReadable(table="DSN", reason=error) from None

    def subscribers(self) -> Listed:
        """The rows of `subscriber`: `account_code`, and those of UNTOLD_FLAGS that exist."""
        with self._reading("subscriber") as connection:
            there = self._columns(connection, "subscriber")
            extra = [name for name in (*UNTOLD_FLAGS, _EXPIRES) if name in there]
            columns: list[Any] = [sa.column(name, _SUBSCRIBER[name].type) for name in extra]
            query = sa.select(sa.column("account_code"), *columns)
            query = query.select_from(sa.table("subscriber")).order_by(sa.column("id"))
            found = Listed(columns=frozenset(extra) & frozenset(UNTOLD_FLAGS))
            for code, *values in connection.execute(query):
                username, _, domain = str(code).rpartition("@")
                key = (username, domain.lower())
                found.accounts.append(key)
                told = zip(extra, values, strict=True)  # NULL means unknown
                found.more[key] = {name: value for name, value in told if value is not None}
        return found

    def aliases(self) -> dict[AccountKey, list[Record]]:
        """The aliases by account."""
        found: dict[AccountKey, list[Record]] = {}
        for row in self._first("dbaliases, db_alias", _ALIASES):
            row |= {name: str(row[name]).lower() for name in ("domain", "alias_domain")}
            found.setdefault((row["username"], row["domain"]), []).append(row)
        return found

    def administrators(self) -> list[Record]:
        """Logins with argon2 hash and domains, disabled ones included."""
        rows = self._first("administrator", (_ADMINISTRATORS,))
        grants: dict[int, list[str]] = {}
        for row in self._first("administrator_domain", (_GRANTS,)):
            grants.setdefault(row["administrator_id"], []).append(str(row["domain"]).lower())
        return [row | {"domains": grants.get(row["id"], [])} for row in rows]

    def providers(self) -> list[Record]:
        return self._first("provider", (_PROVIDERS,))

    def gateways(self) -> list[Record]:
        return self._first("gateway", (_GATEWAYS,))

    def reseller_passwords(self) -> dict[int, str]:
        return {row["id"]: row["password"] for row in self._first("reseller", (_RESELLERS,))}

    def calls(
        self, kind: call_records.Kind, table: str, after: int, domains: Collection[str] | None
    ) -> Iterator[Sequence[Record]]:
        """Rows with an id above `after`, of these domains or all, with the documented columns.

        A thousand at a time, in constant memory, since MariaDB streams them. In no order, because
        sorting a view of all calls may take the old server hours.
        """
        with self._reading(table) as connection:
            told = [name for name in kind.columns if name not in call_records.RATED_HERE]
            names = ["id", *told]
            columns: list[Any] = [sa.column("id", sa.BigInteger)]
            columns += [sa.column(name, _read_type(kind.columns[name])) for name in told]
            query = sa.select(*columns).select_from(sa.table(table)).where(columns[0] > after)
            if domains is not None:
                query = query.where(sa.column(kind.domain).in_(domains))
            rows = connection.execution_options(stream_results=True, yield_per=_CHUNK).execute(
                query
            )
            for chunk in rows.partitions():
                yield [dict(zip(names, row, strict=True)) for row in chunk]

    def _first(self, tables: str, statements: Sequence[str]) -> list[Record]:
        """The rows of the first statement that can be run."""
        told: NotReadable | None = None
        for statement in statements:
            try:
                with self._reading(tables) as connection:
                    rows = connection.execute(sa.text(statement)).mappings()
                    return [dict(row) for row in rows]
            except NotReadable as error:
                told = told or error
        assert told is not None
        raise told

    @contextmanager
    def _reading(self, table: str) -> Iterator[sa.Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:
            reason = getattr(error, "orig", None) or error
            raise NotReadable(table=table, reason=reason) from None

    @staticmethod
    def _columns(connection: sa.Connection, table: str) -> set[str]:
        """The columns that the SQL account may read, maybe not all of the table."""
        if connection.dialect.name == "sqlite":
            return {one["name"] for one in sa.inspect(connection).get_columns(table)}
        query = (
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_schema = DATABASE() AND table_name = :name"
        )
        return set(connection.execute(sa.text(query), {"name": table}).scalars())


def _read_type(column: sa.Column[Any]) -> Any:
    """The type to read a column by: money is a double in the documented view."""
    return sa.Double() if isinstance(column.type, Money) else column.type
