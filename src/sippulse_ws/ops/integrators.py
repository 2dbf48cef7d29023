"""Accounts of the MariaDB server that may read call records, and nothing else.

An account for the whole platform reads `vi_cdrs`, `acc` and a few columns of `subscriber` in our
own schema. An account for some domains gets a schema of its own with views of the same names, which
show the rows of those domains only. Statements about accounts and schemas cannot be rolled back:
when one fails, `create_integrator` removes what it made before.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from contextlib import ExitStack

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.domains import require_domain
from sippulse_ws.domain.errors import (
    IntegratorExists,
    IntegratorNotFound,
    InvalidField,
    MissingField,
)
from sippulse_ws.domain.reasons import Reason
from sippulse_ws.models import Integrator, IntegratorDomain

# What published clients read of an account. No password, not even as a hash.
SUBSCRIBER_COLUMNS = "id, account_code, contract_number, first_name, credit, active_outgoing_calls"
# What an account limited to domains sees: view, columns, and where the domain stands.
VIEWS = (
    ("vi_cdrs", "*", "caller_domain"),
    ("acc", "*", "caller_domain"),
    ("subscriber", SUBSCRIBER_COLUMNS, "domain"),
)
SCHEMA_LENGTH = 64
ACCOUNT_EXISTS = 1396
_LOGIN = re.compile(r"[a-z][a-z0-9_]{0,31}")


def create_integrator(
    db: Session, login: str, password: str, domains: Sequence[str], host: str = "%"
) -> str:
    """Create an account; returns the schema that it reads. Without `domains` it reads all of them.

    `db` must not be in a transaction, and be allowed to create users and schemas.
    """
    if not _LOGIN.fullmatch(login):
        raise InvalidField("login", Reason.NOT_A_LOGIN)
    if not password:
        raise MissingField(field="password")
    domains = sorted({domain.lower() for domain in domains})
    for domain in domains:
        require_domain(db, domain)
    if _find_schema(db, login) is not None:
        raise IntegratorExists(login=login)
    main = db.database_name
    schema = f"{main}_{login}" if domains else main
    if len(schema) > SCHEMA_LENGTH:
        raise InvalidField("login", Reason.TOO_LONG)
    with ExitStack() as undo:
        _create_account(db, login, host, password)
        undo.callback(db.exec_driver_sql, "DROP USER %s@%s", (login, host))
        if domains:
            db.exec_driver_sql(f"CREATE SCHEMA {_quoted(db, schema)} CHARACTER SET utf8mb4")
            undo.callback(_drop_views, db, schema)
            _create_views(db, main, schema, domains)
        _grant(db, schema, login, host)
        undo.callback(_forget, db, login)
        _record(db, login, host, schema if domains else None, domains)
        undo.pop_all()
    return schema


def restore_integrator(
    db: Session, main: str, login: str, host: str, domains: Sequence[str], own_schema: bool
) -> str:
    """Create the account of a stored integrator after a restore; returns the schema that it reads.

    Sets no password. The database may have another name than before. May be repeated.
    """
    schema = f"{main}_{login}" if own_schema else main
    db.exec_driver_sql("CREATE USER IF NOT EXISTS %s@%s", (login, host))
    if own_schema:
        name = _quoted(db, schema)
        db.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {name} CHARACTER SET utf8mb4")
        _create_views(db, main, schema, domains)
        known = update(Integrator).where(Integrator.login == login)
        db.execute(known.values(schema_name=schema))
    _grant(db, schema, login, host)
    return schema


def list_integrators(db: Session) -> list[tuple[str, str, str, list[str]]]:
    """(login, host, schema or '', domains) by login."""
    domains: dict[str, list[str]] = {}
    for login, domain in db.execute(
        select(IntegratorDomain.login, IntegratorDomain.domain).order_by(IntegratorDomain.domain)
    ):
        domains.setdefault(login, []).append(domain)
    rows = db.execute(
        select(Integrator.login, Integrator.host, Integrator.schema_name).order_by(Integrator.login)
    )
    return [
        (row.login, row.host, row.schema_name or "", domains.get(row.login, [])) for row in rows
    ]


def drop_integrator(db: Session, login: str) -> None:
    """Remove an account with its views, and its schema unless there are other tables in it."""
    found = _find_schema(db, login)
    if found is None:
        raise IntegratorNotFound(login=login)
    host, schema = found
    db.exec_driver_sql("DROP USER IF EXISTS %s@%s", (login, host))
    if schema:
        _drop_views(db, schema)
    _forget(db, login)


def _find_schema(db: Session, login: str) -> tuple[str, str | None] | None:
    row = db.execute(
        select(Integrator.host, Integrator.schema_name).where(Integrator.login == login)
    ).first()
    return None if row is None else (row.host, row.schema_name)


def _create_account(db: Session, login: str, host: str, password: str) -> None:
    try:
        db.exec_driver_sql("CREATE USER %s@%s IDENTIFIED BY %s", (login, host, password))
    except DBAPIError as error:
        if error.orig is not None and error.orig.args[:1] == (ACCOUNT_EXISTS,):
            raise IntegratorExists(login=login) from None
        raise


def _create_views(db: Session, main: str, schema: str, domains: Sequence[str]) -> None:
    places = ", ".join(["%s"] * len(domains))
    for view, columns, column in VIEWS:
        db.exec_driver_sql(
            f"CREATE OR REPLACE SQL SECURITY DEFINER VIEW {_quoted(db, schema)}.{view} AS "  # noqa: S608
            f"SELECT {columns} FROM {_quoted(db, main)}.{view} WHERE {column} IN ({places})",
            tuple(domains),
        )


def _grant(db: Session, schema: str, login: str, host: str) -> None:
    # On tables, never on a schema: there _ and % would stand for any character.
    for view, columns, _ in VIEWS:
        wanted = "" if columns == "*" else f"({columns})"
        db.exec_driver_sql(
            f"GRANT SELECT {wanted} ON {_quoted(db, schema)}.{view} TO %s@%s", (login, host)
        )


def _record(db: Session, login: str, host: str, schema: str | None, domains: Sequence[str]) -> None:
    now = dt.datetime.now(dt.UTC)
    for domain in domains:
        db.execute(insert(IntegratorDomain).values(login=login, domain=domain))
    db.execute(
        insert(Integrator).values(login=login, host=host, schema_name=schema, created_at=now)
    )


def _forget(db: Session, login: str) -> None:
    db.execute(delete(IntegratorDomain).where(IntegratorDomain.login == login))
    db.execute(delete(Integrator).where(Integrator.login == login))


def _quoted(db: Session, name: str) -> str:
    return db.dialect.identifier_preparer.quote_identifier(name)


def _drop_views(db: Session, schema: str) -> None:
    for view, _, _ in VIEWS:
        db.exec_driver_sql(f"DROP VIEW IF EXISTS {_quoted(db, schema)}.{view}")
    left = db.exec_driver_sql(
        "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = %s", (schema,)
    ).scalar_one()
    if left == 0:
        db.exec_driver_sql(f"DROP SCHEMA IF EXISTS {_quoted(db, schema)}")
