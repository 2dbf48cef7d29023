"""`sippulse-ws db …`: schema, demo data, password keys."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sippulse_ws.cli import demo as demo_data
from sippulse_ws.cli import integrator, partition
from sippulse_ws.cli.database_rights import require_rights, require_trusted_functions
from sippulse_ws.cli.database_texts import DatabaseSaid
from sippulse_ws.cli.session import (
    current_language,
    fail,
    get_settings,
    open_database,
    password_from_stdin,
    record_command,
    say,
    told,
)
from sippulse_ws.db import Database
from sippulse_ws.db.schema.revisions import NEWEST, current_revision, schema_trouble
from sippulse_ws.db.schema.servers import server_trouble
from sippulse_ws.domain.password_keys import note_key, replace_canary
from sippulse_ws.domain.passwords import reseal_all
from sippulse_ws.domain.stored_settings import store_environment
from sippulse_ws.domain.vault import VaultError
from sippulse_ws.ops import proxy_views as views
from sippulse_ws.parts import make_vault
from sippulse_ws.wording import Wording

app = typer.Typer(no_args_is_help=True)
app.command("partition")(partition.partition)
app.add_typer(integrator.app, name="integrator", help="Read-only accounts for SQL.")


class ProxyKind(StrEnum):
    KAMAILIO = "kamailio"
    OPENSIPS = "opensips"


@app.command("upgrade")
def db_upgrade() -> None:
    """Create the schema, or upgrade it to this version."""
    from sippulse_ws.db.schema.migrate import upgrade as migrate  # noqa: PLC0415 - see there

    settings = get_settings()
    with open_database(settings) as database:
        database.make_default_folder()
        revision = _revision_of(database)
        if revision is not None and revision > NEWEST:
            raise fail(_trouble(revision))
        _require_server(database)
        require_rights(database, "db upgrade")
        migrate(database)
        with database.writing() as db:
            note_key(db, make_vault(settings))
            store_environment(db, settings.charging, settings.emergency_numbers)
    say(DatabaseSaid.UP_TO_DATE)


@app.command("downgrade")
def db_downgrade(
    revision: Annotated[str, typer.Argument(help="The revision to go back to, such as 0006.")],
    yes: Annotated[bool, typer.Option("--yes", help="Accept losing what it cannot hold.")] = False,
) -> None:
    """Go back to an older schema, before an older program is installed. Make a backup first.

    What the older schema cannot hold is named, and lost only with --yes.
    """
    from sippulse_ws.db.schema.losses import find_losses, known_revisions  # noqa: PLC0415
    from sippulse_ws.db.schema.migrate import downgrade as migrate  # noqa: PLC0415

    with open_database() as database:
        current = _revision_of(database)
        if current is None or current > NEWEST:
            raise fail(_trouble(current))
        older = [one for one in known_revisions() if one < current]
        if revision not in older:
            raise fail(DatabaseSaid.OLDER_REVISIONS, current=current, older=", ".join(older))
        require_rights(database, "db downgrade")
        with database.maintaining() as db:
            losses = find_losses(db, current, revision)
        for loss in losses:
            typer.echo(told(loss))
        if losses and not yes:
            raise fail(DatabaseSaid.CANNOT_HOLD, revision=revision)
        migrate(database, revision)
    say(DatabaseSaid.SCHEMA_IS_AT, revision=revision)


@app.command()
def repair_views() -> None:
    """Recreate the views with this database account, if their definer is gone or another."""
    from sippulse_ws.ops.views import remake_views  # noqa: PLC0415

    with open_database() as database, database.migrating() as db:
        made = remake_views(db)
    say(DatabaseSaid.VIEWS_MADE, count=len(made))


def _trouble(revision: str | None) -> Wording:
    trouble = schema_trouble(revision)
    assert trouble is not None, "whoever asks has seen that it is not the newest"
    return trouble


def _revision_of(database: Database) -> str | None:
    if database.is_sqlite and not Path(str(database.url.database)).exists():
        return None
    with database.maintaining() as db:
        return current_revision(db)


def _require_server(database: Database) -> None:
    if database.is_sqlite:
        return
    with database.maintaining() as db:
        if trouble := server_trouble(db):
            raise fail(trouble)


@app.command()
def demo(
    logins: Annotated[
        Path | None,
        typer.Option(help="File for the generated logins; by default beside the database."),
    ] = None,
    url: Annotated[str, typer.Option(help="Where the server is, for the call.")] = demo_data.URL,
) -> None:
    """Load demo data into an empty database, once; prints the logins and a call to try."""
    settings = get_settings()
    with open_database(settings) as database:
        path = logins or demo_data.logins_path(database)
        with database.writing() as db:
            loaded = demo_data.is_loaded(db)
            if not loaded:
                demo_data.require_empty(db)
                note_key(db, make_vault(settings))
                record_command(db, "db demo", {"logins": path})
                demo_data.write_logins(path, demo_data.load(db, make_vault(settings)))
    if loaded:
        say(DatabaseSaid.DEMO_THERE)
    typer.echo(demo_data.describe(path, current_language(), url.rstrip("/")))


@app.command()
def rekey() -> None:
    """Seal all stored passwords with the current SIPPULSE_PASSWORD_KEY.

    The key in use until now goes to SIPPULSE_OLD_PASSWORD_KEYS; afterwards it can be dropped.
    """
    settings = get_settings()
    try:
        with open_database(settings) as database, database.writing() as db:
            vault = make_vault(settings)
            changed = reseal_all(db, vault)
            replace_canary(db, vault)
            record_command(db, "db rekey", {})
    except VaultError as error:
        raise fail(DatabaseSaid.RESEAL_FAILED, reason=error.wording) from None
    say(DatabaseSaid.RESEALED, count=changed)


@app.command()
def proxy_views(
    kind: Annotated[ProxyKind, typer.Argument(help="SIP proxy to make the views for.")],
    schema: Annotated[
        str | None, typer.Option(help="Schema to make; DATABASE_kamailio by default.")
    ] = None,
    account: Annotated[
        str | None, typer.Option(help="Database account to make; the kind by default.")
    ] = None,
    host: Annotated[str, typer.Option(help="Host from which the account connects.")] = "127.0.0.1",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the account's password from stdin.")
    ] = False,
    keep_password: Annotated[
        bool, typer.Option("--keep-password", help="Keep the existing account's password.")
    ] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Drop schema and account.")] = False,
) -> None:
    """Make the schema a SIP proxy reads, with its database account. May be run again."""
    with open_database() as database:
        if database.is_sqlite:
            raise fail(DatabaseSaid.PROXY_SQLITE)
        base = str(database.url.database)
        schema = schema or f"{base}_{kind}"
        if schema == base:
            raise fail(DatabaseSaid.PROXY_SCHEMA_OURS)
        require_rights(database, "db proxy-views", schema)
        if not drop:
            require_trusted_functions(database, "db proxy-views", [kind])
        user = views.Account(account or kind.value, host)
        secret = None if drop or keep_password else password_from_stdin(password_stdin)
        with database.migrating() as db:
            if drop:
                views.drop(db, kind, schema, user)
            else:
                views.create(db, kind, base, schema)
                views.grant(db, kind, schema, user, secret)
            given = {"schema": schema, "account": str(user), "drop": drop}
            record_command(db, f"db proxy-views {kind}", given)
    done = DatabaseSaid.PROXY_VIEWS_GONE if drop else DatabaseSaid.PROXY_VIEWS_READY
    say(done, schema=schema, user=user)
