"""The settings in force for the operator: secrets masked, with the source of each."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from sippulse_ws.config import CONFIG, PREFIX, Settings

MASK = "********"
ENVIRONMENT, DEFAULT = "environment", "default"


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """A setting's variable, its value for people, its source, and whether it is a secret."""

    variable: str
    value: str
    source: str
    secret: bool


def report_settings(settings: Settings) -> list[ShownSetting]:
    """All settings, in the order of declaration."""
    path = os.environ.get(CONFIG)
    in_file = tomllib.loads(Path(path).read_text("utf-8")) if path else {}
    in_environment = {name.upper() for name in os.environ}
    shown = []
    for name in type(settings).model_fields:
        variable, value = PREFIX + name.upper(), getattr(settings, name)
        source = DEFAULT
        if variable in in_environment:
            source = ENVIRONMENT
        elif name in in_file:
            source = str(path)
        shown.append(ShownSetting(variable, _text(value), source, _is_secret(value)))
    return shown


def without_secrets(settings: Settings) -> dict[str, str]:
    """For a backup: settings that were set and are not secret, URLs without passwords."""
    return {
        one.variable: one.value
        for one in report_settings(settings)
        if one.source != DEFAULT and one.value != MASK
    }


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return _masked(value.get_secret_value())
    if isinstance(value, BaseModel):
        fields = {name: _text(getattr(value, name)) for name in type(value).model_fields}
        return "{" + ", ".join(f"{name}={one}" for name, one in fields.items() if one) + "}"
    if isinstance(value, tuple | list | set | frozenset):
        return ", ".join(_text(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{_text(name)}={_text(one)}" for name, one in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)


def _masked(secret: str) -> str:
    """A URL without its password; other secrets are masked whole."""
    scheme, separator, rest = secret.partition("://")
    if not separator:
        return MASK if secret else ""
    # a password may hold any sign, even an @ that nobody escaped
    login, at, place = rest.rpartition("@")
    user, colon, _ = login.partition(":")
    return f"{scheme}://{user}{':***' if colon else ''}{at}{place.partition('?')[0]}"


def _is_secret(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return any(_is_secret(one) for one in value)
    if isinstance(value, BaseModel):
        return any(_is_secret(getattr(value, name)) for name in type(value).model_fields)
    return isinstance(value, SecretStr)
