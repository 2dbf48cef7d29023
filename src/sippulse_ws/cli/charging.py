"""`sippulse-ws charging …`: whether calls are admitted, rated and charged here."""

from __future__ import annotations

import typer

from sippulse_ws.cli.session import console, fail, get_settings, reading, writing
from sippulse_ws.domain.stored_settings import CHARGING, charging_is_on, store_setting

app = typer.Typer(no_args_is_help=True)


@app.command("on")
def turn_on() -> None:
    """Admit, rate and charge calls from now on."""
    _turn("on")


@app.command("off")
def turn_off() -> None:
    """Leave calls to whoever else rates them; calls under way are not charged any more."""
    _turn("off")


@app.command("status")
def status() -> None:
    """Say whether calls are charged, and who decides that."""
    setting = get_settings().charging
    with reading() as db:
        stored = "on" if charging_is_on(db) else "off"
    who = "the database: charging on, charging off" if setting is None else "SIPPULSE_CHARGING"
    console.print(f"charging is {setting or stored}, by {who}")
    if setting not in (None, stored):
        console.print(f"SIP proxies are still told {stored}: run sippulse-ws db upgrade, or serve")


def _turn(value: str) -> None:
    setting = get_settings().charging
    if setting not in (None, value):
        raise fail(f"SIPPULSE_CHARGING={setting} is set: take it away first")
    with writing(f"charging {value}") as db:
        store_setting(db, CHARGING, value)
    console.print(f"charging is {value}")
