"""`sippulse-ws did …`: numbers outside the inventories, and who can reach them."""

from __future__ import annotations

from typing import Annotated

import typer

from sippulse_ws.cli.session import AsJson, print_rows, reading, say, writing
from sippulse_ws.cli.texts import Said
from sippulse_ws.domain import dids

app = typer.Typer(no_args_is_help=True)

Numbers = Annotated[list[str], typer.Argument(help="Numbers, as `did list` shows them.")]


@app.command("list")
def did_list(
    origin: Annotated[
        str | None, typer.Option(help="Only those written by administrator, superuser or upgrade.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Show assigned numbers outside the inventories; other domains reach those of `everybody`."""
    with reading() as db:
        found = dids.outside_inventories(db, origin)
    print_rows(
        ["number", "origin", "reached by", "account", "destination"],
        [
            [
                row.alias_username,
                row.origin,
                "own domain" if row.origin == dids.ADMINISTRATOR else "everybody",
                row.account_code,
                f"{row.username}@{row.domain}",
            ]
            for row in found
        ],
        as_json=json,
    )


@app.command()
def revoke(numbers: Numbers) -> None:
    """Stop callers of other domains from reaching these; accounts keep them."""
    with writing("did revoke", number=numbers) as db:
        for number in numbers:
            dids.set_origin(db, number, dids.ADMINISTRATOR)
    say(Said.ORIGIN_REVOKED, count=len(numbers))


@app.command()
def confirm(numbers: Numbers) -> None:
    """Let callers of every domain reach these."""
    with writing("did confirm", number=numbers) as db:
        for number in numbers:
            dids.set_origin(db, number, dids.SUPERUSER)
    say(Said.ORIGIN_CONFIRMED, count=len(numbers))
