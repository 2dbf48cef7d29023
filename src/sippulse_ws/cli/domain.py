"""`sippulse-ws domain …`."""

from __future__ import annotations

from typing import Annotated

import typer

from sippulse_ws.cli.completion import complete_domain
from sippulse_ws.cli.session import (
    AsJson,
    Yes,
    console,
    current_language,
    get_settings,
    print_rows,
    reading,
    writing,
)
from sippulse_ws.cli.texts import Said, chosen_language
from sippulse_ws.domain import domains, renames
from sippulse_ws.domain.access import EVERYTHING
from sippulse_ws.parts import make_vault

app = typer.Typer(no_args_is_help=True)

_RELOADS = ["domain", "address", "dialplan"]
_Name = Annotated[str, typer.Argument(help="The domain's name.", autocompletion=complete_domain)]


@app.command("create")
def domain_create(name: _Name) -> None:
    """Create a domain."""
    with writing("domain create", ["domain"], domain=name) as db:
        domain_id = domains.create_domain(db, name)
    told = Said.DOMAIN_CREATED.text(current_language(), name=name.lower(), id=domain_id)
    console.print(told, markup=False)


@app.command("list")
def domain_list(json: AsJson = False) -> None:
    """Show all domains."""
    with reading() as db:
        rows = domains.list_domains(db, EVERYTHING)
    print_rows(["id", "domain"], [[row.id, row.domain] for row in rows], as_json=json)


@app.command("rename")
def domain_rename(
    name: _Name, new_name: Annotated[str, typer.Argument(help="Its new name.")], yes: Yes = False
) -> None:
    """Rename a domain with everything in it; phones have to be set to the new name."""
    settings = get_settings()
    language = chosen_language(settings)
    if not yes:
        typer.confirm(Said.RENAME_DOMAIN.text(language), err=True, abort=True)
    with writing("domain rename", _RELOADS, domain=name, to=new_name) as db:
        count = renames.rename_domain(db, make_vault(settings), name.lower(), new_name)
    told = Said.DOMAIN_RENAMED.text(language, name=new_name.lower(), count=count)
    console.print(told, markup=False)


@app.command("remove")
def domain_remove(name: _Name) -> None:
    """Remove a domain that nothing uses."""
    with writing("domain remove", _RELOADS, domain=name) as db:
        renames.remove_domain(db, name.lower())
    console.print(Said.ONE_REMOVED.text(current_language(), name=name.lower()), markup=False)
