"""`sippulse-ws api …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sippulse_ws.cli.session import say
from sippulse_ws.cli.texts import Said
from sippulse_ws.services.catalogue import every_operation
from sippulse_ws.web.openapi import openapi_document
from sippulse_ws.web.postman import postman_collection

_LOCAL = "http://localhost:8080"
_Url = Annotated[str, typer.Option(help="Server to call.")]

app = typer.Typer(no_args_is_help=True)


@app.callback()
def api_group() -> None:
    """Descriptions of the JSON API."""


@app.command()
def postman(
    file: Annotated[Path, typer.Argument(help="Collection to write.")], url: _Url = _LOCAL
) -> None:
    """Write a Postman or Insomnia collection with a request per operation."""
    file.write_bytes(postman_collection(list(every_operation()), url.rstrip("/")))
    say(Said.WRITTEN_TO, file=file)


@app.command()
def openapi(
    file: Annotated[Path, typer.Argument(help="Document to write.")], url: _Url = _LOCAL
) -> None:
    """Write the OpenAPI description that the server has at /SipPulse/api/openapi.json."""
    file.write_bytes(openapi_document(f"{url.rstrip('/')}/SipPulse/api"))
    say(Said.WRITTEN_TO, file=file)
