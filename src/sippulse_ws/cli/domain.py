"""`sippulse-ws domain …`."""

from __future__ import annotations

from typing import Annotated

import typer

from sippulse_ws.cli.session import console, print_table, reading, writing
from sippulse_ws.domain import domains
from sippulse_ws.domain.access import EVERYTHING

app = typer.Typer(no_args_is_help=True)


@app.command()
def create(name: Annotated[str, typer.Argument(help="The domain's name.")]) -> None:
    """Create a domain."""
    with writing("domain create", ["domain"], domain=name) as db:
        domain_id = domains.create_domain(db, name)
    console.print(f"domain {name.lower()} created, id {domain_id}", markup=False)


@app.command("list")
def list_() -> None:
    """Show all domains."""
    with reading() as db:
        rows = domains.list_domains(db, EVERYTHING)
    print_table(["id", "domain"], [[row.id, row.domain] for row in rows])
