"""`sippulse-ws doctor`: what is wrong with this installation, and what to do about it."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from sippulse_ws.cli.session import print_table
from sippulse_ws.cli.texts import chosen_language
from sippulse_ws.config import ConfigurationError, Settings, load_settings
from sippulse_ws.ops.doctor.course import examine
from sippulse_ws.ops.doctor.findings import STATES, Finding, error, fine
from sippulse_ws.ops.doctor.texts import advice, sentence
from sippulse_ws.parts import make_database, make_proxies, make_vault


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="As a JSON list.")] = False,
) -> None:
    """Look at settings, database, schema, keys, proxies, backups, disk and certificate.

    The exit status is 0 when all is well, 1 when there are warnings, 2 when there are errors.
    """
    try:
        settings = load_settings()
    except ConfigurationError as trouble:
        language = chosen_language(None)
        findings = [error("settings", "settings", trouble=str(trouble))]
    else:
        language = chosen_language(settings)
        findings = [fine("settings"), *_examine(settings)]
    rows = [
        {
            "check": one.check,
            "state": one.state,
            "code": one.code,
            "found": sentence(one, language),
            "do": advice(one, language),
        }
        for one in findings
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        columns = ["check", "state", "found", "do"]
        print_table(columns, [[row[name] for name in columns] for row in rows])
    worst = max(STATES.index(one.state) for one in findings)
    if worst:
        raise typer.Exit(worst)


def _examine(settings: Settings) -> list[Finding]:
    database = make_database(settings)
    try:
        found = examine(
            database,
            make_vault(settings),
            make_proxies(settings),
            has_key=settings.password_key is not None,
            public_url=settings.public_url,
        )
        return list(found)
    finally:
        database.close()
