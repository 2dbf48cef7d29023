"""`sippulse-ws wsdl …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sippulse_ws.cli.session import console
from sippulse_ws.services import SERVICES
from sippulse_ws.wire.endpoint import Endpoint, Options

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group() -> None:
    """The WSDL files."""


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="Where to write the files.")],
    url: Annotated[str, typer.Option(help="Server in the addresses.")] = "http://localhost:8080",
) -> None:
    """Write the WSDL of every service."""
    folder.mkdir(parents=True, exist_ok=True)
    for service in SERVICES:
        endpoint = Endpoint(service, Options(), None)
        address = url.rstrip("/") + endpoint.paths[0]
        (folder / f"{endpoint.name}.wsdl").write_bytes(endpoint.wsdl(address))
    console.print(f"{len(SERVICES)} files written to {folder}", markup=False)
