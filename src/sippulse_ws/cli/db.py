"""`sippulse-ws db …`: schema, demo data, password keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sippulse_ws.app import make_vault
from sippulse_ws.cli import demo as demo_data
from sippulse_ws.cli.session import console, get_settings, open_database
from sippulse_ws.db.migrate import upgrade as migrate
from sippulse_ws.domain.passwords import reseal_all

app = typer.Typer(no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Create the schema, or bring it to this version."""
    with open_database() as database:
        migrate(database)
    console.print("schema is up to date")


@app.command()
def demo(
    logins: Annotated[
        Path, typer.Option(help="File for the generated logins, readable by its owner only.")
    ] = Path("var/demo-logins.txt"),
) -> None:
    """Load demo data, once; prints the logins and a call to try."""
    settings = get_settings()
    with open_database(settings) as database, database.writing() as db:
        if not demo_data.is_loaded(db):
            passwords = demo_data.load(db, make_vault(settings))
            demo_data.write_logins(logins, passwords)
    typer.echo(demo_data.describe(logins))


@app.command()
def rekey() -> None:
    """Seal all stored passwords with the current SIPPULSE_PASSWORD_KEY.

    The key in use until now goes to SIPPULSE_OLD_PASSWORD_KEYS; afterwards it can be dropped.
    """
    settings = get_settings()
    with open_database(settings) as database, database.writing() as db:
        changed = reseal_all(db, make_vault(settings))
    console.print(f"{changed} passwords sealed anew")
