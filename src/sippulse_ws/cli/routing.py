"""`sippulse-ws provider …` and `sippulse-ws gateway …`."""

from __future__ import annotations

from typing import Annotated

import typer

from sippulse_ws.cli.session import AsJson, print_rows, reading, say, writing
from sippulse_ws.cli.texts import Said
from sippulse_ws.domain import routing

providers = typer.Typer(no_args_is_help=True)
gateways = typer.Typer(no_args_is_help=True)

_Name = Annotated[str, typer.Argument(help="Its name.")]
NewName = Annotated[str | None, typer.Option("--name", help="Its new name.")]
_Id = Annotated[int | None, typer.Option("--id", help="Its number in call records.")]
TxConnection = Annotated[int | None, typer.Option(help="Seconds of the first block.")]
Cadency = Annotated[int | None, typer.Option(help="Seconds of each further block.")]
_RateId = Annotated[int | None, typer.Option(help="The rate table with what it costs.")]
_Address = Annotated[str, typer.Option(help="IP address or host name.")]


@providers.command("create")
def routing_create_provider(
    name: _Name, id: _Id = None, tx_connection: TxConnection = None, cadency: Cadency = None
) -> None:
    """Create a provider."""
    values = {"id": id, "name": name, "tx_connection": tx_connection, "cadency": cadency}
    with writing("provider create", name=name) as db:
        provider_id = routing.create_provider(db, values)
    say(Said.PROVIDER_CREATED, name=name, id=provider_id)


@providers.command("list")
def routing_list_providers(json: AsJson = False) -> None:
    """Show all providers."""
    with reading() as db:
        rows = routing.list_providers(db)
    print_rows(
        ["id", "name", "tx_connection", "cadency"],
        [[row.id, row.name, row.tx_connection, row.cadency] for row in rows],
        as_json=json,
    )


@providers.command("update")
def routing_update_provider(
    name: _Name,
    new_name: NewName = None,
    tx_connection: TxConnection = None,
    cadency: Cadency = None,
) -> None:
    """Change a provider; existing call records keep the old values."""
    values = {"name": new_name, "tx_connection": tx_connection, "cadency": cadency}
    with writing("provider update", name=name) as db:
        routing.update_provider(db, name, values)
    say(Said.UPDATED)


@providers.command("delete")
def routing_delete_provider(name: _Name) -> None:
    """Delete a provider without gateways."""
    with writing("provider delete", name=name) as db:
        routing.delete_provider(db, name)
    say(Said.DELETED_ONE)


@gateways.command("create")
def routing_create_gateway(
    name: _Name,
    provider: Annotated[str, typer.Option(help="The provider that it leads to.")],
    address: _Address,
    id: _Id = None,
    rate_id: _RateId = None,
) -> None:
    """Create a gateway."""
    values = {"id": id, "name": name, "address": address, "rate_id": rate_id}
    with writing("gateway create", name=name) as db:
        gateway_id = routing.create_gateway(db, provider, values)
    say(Said.GATEWAY_CREATED, name=name, id=gateway_id)


@gateways.command("list")
def routing_list_gateways(json: AsJson = False) -> None:
    """Show all gateways."""
    with reading() as db:
        rows = routing.list_gateways(db)
    print_rows(
        ["id", "name", "address", "provider", "rate_id"],
        [[row.id, row.name, row.address, row.provider, row.rate_id or ""] for row in rows],
        as_json=json,
    )


@gateways.command("update")
def routing_update_gateway(
    name: _Name,
    new_name: NewName = None,
    provider: Annotated[str | None, typer.Option(help="The provider that it leads to.")] = None,
    address: Annotated[str | None, typer.Option(help="IP address or host name.")] = None,
    rate_id: _RateId = None,
) -> None:
    """Change a gateway; existing call records keep the old values."""
    values = {"name": new_name, "address": address, "rate_id": rate_id}
    with writing("gateway update", name=name) as db:
        routing.update_gateway(db, name, provider, values)
    say(Said.UPDATED)


@gateways.command("delete")
def routing_delete_gateway(name: _Name) -> None:
    """Delete a gateway; call records keep its values."""
    with writing("gateway delete", name=name) as db:
        routing.delete_gateway(db, name)
    say(Said.DELETED_ONE)
