"""`sippulse-ws profile …`."""

from __future__ import annotations

from typing import Annotated

import typer

from sippulse_ws.cli.completion import complete_domain, complete_profile
from sippulse_ws.cli.session import (
    AsJson,
    console,
    current_language,
    print_rows,
    reading,
    writing,
)
from sippulse_ws.cli.texts import Said
from sippulse_ws.domain import domains, profiles, renames
from sippulse_ws.domain.access import EVERYTHING

app = typer.Typer(no_args_is_help=True)

_DomainName = Annotated[str, typer.Argument(help="The domain.", autocompletion=complete_domain)]
ProfileName = Annotated[
    str, typer.Argument(help="The profile's name.", autocompletion=complete_profile)
]


@app.command("create")
def profile_create(
    domain: _DomainName,
    name: Annotated[str, typer.Argument(help="The profile's name.")],
) -> None:
    """Create a profile in a domain."""
    with writing("profile create", domain=domain, profile=name) as db:
        profile_id = profiles.create_profile(db, domain.lower(), name)
    told = Said.PROFILE_CREATED.text(current_language(), name=name, id=profile_id)
    console.print(told, markup=False)


@app.command("list")
def profile_list(
    domain: Annotated[
        str | None,
        typer.Argument(help="Only this domain's.", autocompletion=complete_domain),
    ] = None,
    json: AsJson = False,
) -> None:
    """Show profiles."""
    with reading() as db:
        names = (
            [domain.lower()]
            if domain
            else [row.domain for row in domains.list_domains(db, EVERYTHING)]
        )
        rows = [row for name in names for row in profiles.list_profiles(db, name)]
    cells = [[row.id, row.domain, row.profile] for row in rows]
    print_rows(["id", "domain", "profile"], cells, as_json=json)


@app.command("rename")
def profile_rename(
    domain: _DomainName,
    name: ProfileName,
    new_name: Annotated[str, typer.Argument(help="Its new name.")],
) -> None:
    """Rename a profile; its subscribers keep it."""
    told = {"domain": domain, "profile": name, "to": new_name}
    with writing("profile rename", **told) as db:
        renames.rename_profile(db, domain.lower(), name, new_name)
    said = Said.RENAMED.text(current_language(), name=name, new_name=new_name)
    console.print(said, markup=False)


@app.command("remove")
def profile_remove(domain: _DomainName, name: ProfileName) -> None:
    """Remove a profile that no subscriber has."""
    with writing("profile remove", domain=domain, profile=name) as db:
        renames.remove_profile(db, domain.lower(), name)
    console.print(Said.ONE_REMOVED.text(current_language(), name=name), markup=False)
