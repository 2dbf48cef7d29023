"""Settings of webhooks and mail."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, Field, SecretStr, field_validator, model_validator

SECRET_PREFIX = "whsec_"  # noqa: S105 - of the Standard Webhooks scheme
SMTP_SCHEMES = ("smtp", "smtps", "smtp+plain")


def _list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class WebhookSettings(BaseModel, frozen=True, extra="forbid"):
    """An endpoint that receives events; see docs/events.md."""

    url: SecretStr  # may hold a login
    # one, or several while a new one replaces an old one
    secrets: Annotated[tuple[SecretStr, ...], BeforeValidator(_list)] = Field(
        alias="secret", min_length=1
    )
    name: str = Field(default="", max_length=64)  # in `events`; host and path by default
    events: Annotated[tuple[str, ...], BeforeValidator(_list)] = ("*",)  # kinds, `credit.*`
    domains: Annotated[tuple[str, ...], BeforeValidator(_list)] = ()  # empty: of all domains

    @model_validator(mode="before")
    @classmethod
    def _name(cls, values: Any) -> Any:
        if not isinstance(values, dict) or "url" not in values:
            return values
        parts = urlsplit(str(values["url"]))
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("url: not like https://host/path")
        port = f":{parts.port}" if parts.port else ""
        return {"name": f"{parts.hostname}{port}{parts.path}"[:64]} | values

    @field_validator("secrets")
    @classmethod
    def _secrets(cls, secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for secret in secrets:
            text = secret.get_secret_value()
            try:
                key = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
            except (binascii.Error, ValueError):
                key = b""
            if not text.startswith(SECRET_PREFIX) or not 24 <= len(key) <= 64:
                raise ValueError("secret: not whsec_ and 24 to 64 bytes in base64")
        return secrets


def check_webhooks(value: tuple[WebhookSettings, ...]) -> tuple[WebhookSettings, ...]:
    """Make sure that names are unique, since deliveries are stored by endpoint name."""
    names = [one.name for one in value]
    if len(set(names)) < len(names):
        raise ValueError("two webhooks have the same name; give each a `name` of its own")
    return value


def check_smtp(value: SecretStr) -> SecretStr:
    """Check the URL: `smtp` uses STARTTLS, `smtps` TLS from the start, `smtp+plain` none."""
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in SMTP_SCHEMES or not parts.hostname:
        raise ValueError("not like smtp://login:password@host:587")
    return value
