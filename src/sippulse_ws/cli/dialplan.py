"""`sippulse-ws dialplan …`: rules of dial plans."""

from __future__ import annotations

from typing import Annotated

import typer

from sippulse_ws.cli.session import AsJson, print_rows, reading, say, writing
from sippulse_ws.cli.texts import Said
from sippulse_ws.domain import dialplans, domains
from sippulse_ws.domain.access import EVERYTHING

app = typer.Typer(no_args_is_help=True)

_COLUMNS = ("id", *dialplans.FIELDS)


@app.command("create")
def dialplan_create(  # noqa: PLR0913, PLR0917 - a rule has that many fields
    domain: Annotated[str, typer.Argument(help="The domain.")],
    dpid: Annotated[int, typer.Argument(help="The dial plan the rule belongs to.")],
    match_exp: Annotated[
        str, typer.Argument(help="Expression that dialled numbers have to match.")
    ],
    subst_exp: Annotated[
        str, typer.Option(help="Regular expression whose groups repl-exp uses.")
    ] = "",
    repl_exp: Annotated[
        str, typer.Option(help="The whole new number; \\1 is a group of subst-exp.")
    ] = "",
    pr: Annotated[int, typer.Option(help="Priority; the lowest is tried first.")] = 0,
    match_op: Annotated[int, typer.Option(help="0 equal, 1 regular expression, 2 wildcard.")] = 1,
    match_len: Annotated[int, typer.Option(help="Length of the number, 0 any.")] = 0,
    attrs: Annotated[str, typer.Option(help="Attributes for the proxy's script.")] = "",
) -> None:
    """Add a rule to a dial plan."""
    values = {
        "domain": domain.lower(),
        "dpid": dpid,
        "pr": pr,
        "match_op": match_op,
        "match_exp": match_exp,
        "match_len": match_len,
        "subst_exp": subst_exp,
        "repl_exp": repl_exp,
        "attrs": attrs,
    }
    with writing("dialplan add", ["dialplan"], domain=domain, dpid=dpid) as db:
        dialplan_id = dialplans.create_dialplan(db, values)
    say(Said.RULE_CREATED, id=dialplan_id)


@app.command("list")
def dialplan_list(
    domain: Annotated[str | None, typer.Argument(help="Only this domain's.")] = None,
    json: AsJson = False,
) -> None:
    """Show rules, in the order in which a proxy tries them."""
    with reading() as db:
        names = (
            [domain.lower()]
            if domain
            else [row.domain for row in domains.list_domains(db, EVERYTHING)]
        )
        rows = [row for name in names for row in dialplans.list_dialplans(db, name)]
    cells = [[getattr(row, name) for name in _COLUMNS] for row in rows]
    print_rows(_COLUMNS, cells, as_json=json)


@app.command("remove")
def dialplan_remove(rule: Annotated[int, typer.Argument(help="The rule's id.")]) -> None:
    """Remove a rule."""
    with writing("dialplan remove", ["dialplan"], id=rule) as db:
        dialplans.remove_dialplan(db, rule)
    say(Said.REMOVED_ONE)
