"""`sippulse-ws db integrator …`: read-only accounts of the MariaDB server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError

from sippulse_ws.cli.database_rights import require_rights
from sippulse_ws.cli.session import (
    AsJson,
    current_language,
    fail,
    open_database,
    password_from_stdin,
    print_rows,
    reading,
    record_command,
    say,
)
from sippulse_ws.cli.texts import Said
from sippulse_ws.db import Database, Session
from sippulse_ws.domain.errors import DomainError
from sippulse_ws.ops import integrators

app = typer.Typer(no_args_is_help=True)

_Login = Annotated[str, typer.Argument(help="The account's name on the database server.")]


@app.command("create")
def integrator_create(
    login: _Login,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    domain: Annotated[
        list[str] | None, typer.Option(help="Show only this domain's rows; may be repeated.")
    ] = None,
    host: Annotated[str, typer.Option(help="Host from which it may connect.")] = "%",
) -> None:
    """Create an account that may read vi_cdrs, acc and a few columns of subscriber.

    The configured database account must be allowed to create users and schemas.
    """
    password = password_from_stdin(password_stdin)
    told: dict[str, object] = {"login": login, "domains": domain, "host": host}
    with _server("db integrator create", told, login if domain else None) as db:
        schema = integrators.create_integrator(db, login, password, domain or (), host)
    say(Said.INTEGRATOR_CREATED, login=login, schema=schema)


@app.command("list")
def integrator_list(json: AsJson = False) -> None:
    """Show the accounts made for integrators."""
    with reading() as db:
        found = integrators.list_integrators(db)
    print_rows(
        ["login", "from", "schema", "domains"],
        [[login, host, schema, " ".join(domains)] for login, host, schema, domains in found],
        as_json=json,
    )


@app.command("drop")
def integrator_drop(login: _Login) -> None:
    """Remove an account and its views."""
    with reading() as db:
        limited = any(one[0] == login and one[2] for one in integrators.list_integrators(db))
    with _server("db integrator drop", {"login": login}, login if limited else None) as db:
        integrators.drop_integrator(db, login)
    say(Said.INTEGRATOR_DROPPED, login=login)


def _require_rights(database: Database, command: str, limited: str | None) -> None:
    own_schema = f"{database.url.database}_{limited}" if limited else ""
    if command.endswith("drop"):
        require_rights(database, "db integrator drop", own_schema)
    else:
        require_rights(
            database, "db integrator --domain" if limited else "db integrator", own_schema
        )


@contextmanager
def _server(
    command: str, about: dict[str, object], limited: str | None = None
) -> Iterator[Session]:
    """A connection for statements without a common transaction; the command gets an audit row.

    `limited` is the login of an account with a schema of its own.
    """
    with open_database() as database:
        if database.is_sqlite:
            raise fail(Said.NO_SQL_ACCOUNTS.text(current_language()))
        _require_rights(database, command, limited)
        try:
            with database.maintaining() as db:
                try:
                    yield db
                except DomainError as refusal:
                    record_command(db, command, about, refusal)
                    raise
                record_command(db, command, about)
        except DBAPIError as error:  # without the statement, which has a password
            raise fail(Said.DATABASE, reason=error.orig) from None
