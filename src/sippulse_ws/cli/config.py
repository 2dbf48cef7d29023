"""`sippulse-ws config …`: the settings in force."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from sippulse_ws.cli.session import get_settings, print_table
from sippulse_ws.settings_report import report_settings

app = typer.Typer(no_args_is_help=True)


@app.callback()
def config_group() -> None:
    """The settings in force."""


@app.command("show")
def config_show(
    as_json: Annotated[bool, typer.Option("--json", help="As a JSON list.")] = False,
) -> None:
    """Print each setting, its value and where it came from; secrets are masked."""
    shown = report_settings(get_settings())
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in shown], ensure_ascii=False, indent=1))
        return
    print_table(["variable", "value", "source"], [[s.variable, s.value, s.source] for s in shown])
