"""`sippulse-ws route …`: which gateways take a call."""

from __future__ import annotations

from typing import Annotated

import typer

from sippulse_ws.cli.session import AsJson, print_rows, reading, say, writing
from sippulse_ws.cli.texts import Said
from sippulse_ws.domain import routes

app = typer.Typer(no_args_is_help=True)

_Number = Annotated[int, typer.Argument(help="Its id, as `route list` shows it.")]
Priority = Annotated[int | None, typer.Option(help="The lowest is tried first; 0 by default.")]
Weight = Annotated[
    int | None, typer.Option(help="Share of the calls among equal priorities; 1 by default.")
]


@app.command("create")
def route_create(
    gateway: Annotated[str, typer.Argument(help="Name of the gateway.")],
    prefix: Annotated[str, typer.Option(help="Prefix of the numbers; empty: all numbers.")] = "",
    domain: Annotated[str | None, typer.Option(help="Only calls of this domain.")] = None,
    plan: Annotated[int | None, typer.Option(help="Only calls of this rate plan, by id.")] = None,
    priority: Priority = None,
    weight: Weight = None,
) -> None:
    """Let a gateway take calls. Routes of the plan count, else of the domain, else of all; then the
    longest prefix, then priority and weight."""
    values = {"prefix": prefix, "domain": domain and domain.lower(), "rate_plan_id": plan}
    values |= {"priority": priority, "weight": weight}
    with writing("route create", gateway=gateway, prefix=prefix) as db:
        route_id = routes.create_route(db, gateway, values)
    say(Said.ROUTE_CREATED, id=route_id)


@app.command("list")
def list_all(
    domain: Annotated[
        str | None, typer.Option(help="Only routes of this domain and its plans.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Show the routes in the order in which they count."""
    with reading() as db:
        rows = routes.list_routes(db, domain)
    columns = ["id", "domain", "rate_plan_id", "prefix", "gateway", "priority", "weight"]
    table = [[v if v is not None or json else "" for v in row] for row in rows]
    print_rows(columns, table, as_json=json)


@app.command("update")
def update(route_id: _Number, priority: Priority = None, weight: Weight = None) -> None:
    """Change a route's priority or weight."""
    with writing("route update", route=route_id) as db:
        routes.update_route(db, route_id, {"priority": priority, "weight": weight})
    say(Said.UPDATED)


@app.command("delete")
def delete(route_id: _Number) -> None:
    """Delete a route."""
    with writing("route delete", route=route_id) as db:
        routes.delete_route(db, route_id)
    say(Said.DELETED_ONE)
