"""`sippulse-ws charging …`: whether calls are admitted, rated and charged here."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import Annotated

import typer

from sippulse_ws.charging.preview import CHARGED, REFUSED, RESET, foresee
from sippulse_ws.cli.session import (
    errors,
    fail,
    get_settings,
    print_table,
    reading,
    say,
    told,
    writing,
)
from sippulse_ws.cli.texts import Said
from sippulse_ws.domain.stored_settings import CHARGING, charging_is_on, store_setting

app = typer.Typer(no_args_is_help=True)


@app.command("on")
def turn_on() -> None:
    """Admit, rate and charge calls from now on."""
    _turn("on")


@app.command("off")
def turn_off() -> None:
    """Leave the rating to another system; calls in progress are not charged any more."""
    _turn("off")


@app.command("status")
def charging_status() -> None:
    """Show whether calls are charged, and where that is set."""
    setting = get_settings().charging
    with reading() as db:
        stored = "on" if charging_is_on(db) else "off"
    who = Said.DECIDED_BY_DATABASE.value if setting is None else "SIPPULSE_CHARGING"
    say(Said.CHARGING_IS, value=setting or stored, who=who)
    if setting not in (None, stored):
        say(Said.PROXIES_STILL_TOLD, value=stored)


@app.command("preview")
def preview(
    days: Annotated[int, typer.Option(min=1, help="How many days of calls to look at.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON document.")] = False,
) -> None:
    """Show what turning charging on would refuse, charge and reset; nothing is changed."""
    settings = get_settings()
    with reading() as db:
        found = list(foresee(db, days, settings.expired_credit))
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], default=str, ensure_ascii=False))
        return
    print_table(
        ["effect", "who", "why", "amount"],
        [
            [one.effect, one.who, one.why, "" if one.amount is None else f"{one.amount:f}"]
            for one in found
        ],
    )
    counts = Counter(one.effect for one in found)
    numbers = {effect: counts[effect] for effect in (REFUSED, CHARGED, RESET)}
    errors.print(told(Said.FORESEEN, **numbers), highlight=False)


def _turn(value: str) -> None:
    setting = get_settings().charging
    if setting not in (None, value):
        raise fail(Said.SETTING_DECIDES, value=setting)
    with writing(f"charging {value}") as db:
        store_setting(db, CHARGING, value)
    say(Said.CHARGING_SET, value=value)
