"""The command line: serving and everything else an operator does, with a module per subject."""

from __future__ import annotations

from typing import Annotated

import typer

from sippulse_ws import __version__
from sippulse_ws.cli.lazy import LazyGroup, Subject

# The module of each command, its function or group, and its line in the help.
SUBJECTS = {
    "serve": Subject("serve", "serve", "Answer SOAP requests until stopped by a signal."),
    "api": Subject("api", "app", "Descriptions of the JSON API."),
    "audit": Subject("audit", "audit", "Show the audit trail, newest first."),
    "backup": Subject("backup", "app", "Everything into one file, and back."),
    "config": Subject("config", "app", "The settings in force."),
    "doctor": Subject("doctor", "doctor", "Check this installation, and say what to do."),
    "db": Subject("db", "app", "Schema, demo data, password keys."),
    "admin": Subject("admin", "app", "Administrators and their grants."),
    "credit": Subject("credit", "app", "The ledger of credit."),
    "domain": Subject("domain", "app", "Domains."),
    "profile": Subject("profile", "app", "Profiles of a domain."),
    "subscriber": Subject("subscriber", "app", "Subscribers: list, search, block, change."),
    "dialplan": Subject("dialplan", "app", "Rules of dial plans."),
    "did": Subject("did", "app", "Numbers outside the inventories."),
    "provider": Subject("routing", "providers", "Providers that terminate calls."),
    "gateway": Subject("routing", "gateways", "Gateways that lead to providers."),
    "charging": Subject("charging", "app", "Turn the charging of calls on or off."),
    "route": Subject("route", "app", "Which gateways take a call."),
    "export": Subject("export", "app", "Write tables to files."),
    "import": Subject("imports", "app", "Load tables from files."),
    "calls": Subject("calls", "app", "Rated calls, and those that could not be rated."),
    "events": Subject("events", "events", "Events, and their deliveries to webhooks."),
    "jobs": Subject("jobs", "app", "The background process."),
    "migrate": Subject("migrate", "migrate", "Take over the data of an existing installation."),
    "rates": Subject("rates", "app", "Price lists, and what a call costs."),
    "proxy": Subject("proxy", "app", "The SIP proxies."),
    "shadow": Subject("shadow", "shadow", "A proxy that compares the old and the new server."),
    "replay": Subject("shadow", "replay", "Send recorded requests again, and compare."),
    "wsdl": Subject("wsdl", "app", "The WSDL files."),
    "version": Subject("version", "version", "Print the version."),
}


class Commands(LazyGroup):
    subjects = SUBJECTS


app = typer.Typer(
    name="sippulse-ws",
    cls=Commands,
    help="SOAP provisioning API of the SIPPulse PCRT softswitch.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # they show local variables, passwords among them
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version."
        ),
    ] = False,
) -> None:
    """SOAP provisioning API of the SIPPulse PCRT softswitch."""
