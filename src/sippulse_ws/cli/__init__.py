"""The command line: serving and everything an operator does beside it, a module per subject."""

from __future__ import annotations

import typer

from sippulse_ws import __version__
from sippulse_ws.cli import (
    admin,
    audit,
    db,
    dialplan,
    domain,
    export,
    imports,
    profile,
    proxy,
    routing,
    serve,
    wsdl,
)

app = typer.Typer(
    name="sippulse-ws",
    help="SOAP provisioning API of the SIPPulse PCRT softswitch.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # its tracebacks show local variables, passwords among them
)
app.command("serve")(serve.serve)
app.command("audit")(audit.audit)
app.add_typer(db.app, name="db", help="Schema, demo data, password keys.")
app.add_typer(admin.app, name="admin", help="Administrators and their grants.")
app.add_typer(domain.app, name="domain", help="Domains.")
app.add_typer(profile.app, name="profile", help="Profiles of a domain.")
app.add_typer(dialplan.app, name="dialplan", help="Rules of dial plans.")
app.add_typer(routing.providers, name="provider", help="Providers that terminate calls.")
app.add_typer(routing.gateways, name="gateway", help="Gateways that lead to providers.")
app.add_typer(export.app, name="export", help="Write tables to files.")
app.add_typer(imports.app, name="import", help="Load tables from CSV files.")
app.add_typer(proxy.app, name="proxy", help="The SIP proxies.")
app.add_typer(wsdl.app, name="wsdl", help="The WSDL files.")


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)
