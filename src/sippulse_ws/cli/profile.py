"""`sippulse-ws profile …`."""

from __future__ import annotations

from typing import Annotated

import typer

from sippulse_ws.cli.session import console, print_table, reading, writing
from sippulse_ws.domain import domains, profiles
from sippulse_ws.domain.access import EVERYTHING

app = typer.Typer(no_args_is_help=True)


@app.command()
def create(
    domain: Annotated[str, typer.Argument(help="The domain.")],
    name: Annotated[str, typer.Argument(help="The profile's name.")],
) -> None:
    """Create a profile in a domain."""
    with writing("profile create", domain=domain, profile=name) as db:
        profile_id = profiles.create_profile(db, domain.lower(), name)
    console.print(f"profile {name} created, id {profile_id}", markup=False)


@app.command("list")
def list_(domain: Annotated[str | None, typer.Argument(help="Only this domain's.")] = None) -> None:
    """Show profiles."""
    with reading() as db:
        names = (
            [domain.lower()]
            if domain
            else [row.domain for row in domains.list_domains(db, EVERYTHING)]
        )
        rows = [row for name in names for row in profiles.list_profiles(db, name)]
    print_table(["id", "domain", "profile"], [[r.id, r.domain, r.profile] for r in rows])
