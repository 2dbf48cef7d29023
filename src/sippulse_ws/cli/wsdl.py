"""`sippulse-ws wsdl …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sippulse_ws.cli.session import say
from sippulse_ws.cli.texts import Said
from sippulse_ws.services import SERVICES
from sippulse_ws.services.catalogue import every_operation
from sippulse_ws.web.soapui import soapui_project
from sippulse_ws.wire.endpoint import Endpoint, Options

app = typer.Typer(no_args_is_help=True)


@app.callback()
def wsdl_group() -> None:
    """The WSDL files."""


@app.command("export")
def wsdl_export(
    folder: Annotated[Path, typer.Argument(help="Where to write the files.")],
    url: Annotated[str, typer.Option(help="Server in the addresses.")] = "http://localhost:8080",
) -> None:
    """Write the WSDL of every service."""
    folder.mkdir(parents=True, exist_ok=True)
    for service in SERVICES:
        endpoint = Endpoint(service, Options(), None)
        address = url.rstrip("/") + endpoint.paths[0]
        (folder / f"{endpoint.name}.wsdl").write_bytes(endpoint.wsdl(address))
    say(Said.FILES_WRITTEN, count=len(SERVICES), folder=folder)


@app.command()
def soapui(
    file: Annotated[Path, typer.Argument(help="Project file to write.")],
    url: Annotated[str, typer.Option(help="Server to call.")] = "http://localhost:8080",
) -> None:
    """Write a SoapUI 5 project with every service, and a request per operation."""
    base = url.rstrip("/")
    wsdls = {}
    for service in SERVICES:
        endpoint = Endpoint(service, Options(), None)
        wsdls[endpoint.name] = endpoint.wsdl(base + endpoint.paths[0])
    file.write_bytes(soapui_project(list(every_operation()), wsdls, base))
    say(Said.WRITTEN_TO, file=file)
