"""Settings, from environment variables `SIPPULSE_…` and an optional TOML file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from sippulse_ws.domain.vault import check_key

PREFIX = "SIPPULSE_"
# Read by other parts than the program: the file's own name, and the test suite's switches.
FOREIGN = ("SIPPULSE_CONFIG", "SIPPULSE_TEST_")


class ConfigurationError(Exception):
    """A setting is unknown or cannot be used; the message names it."""


def _key(value: SecretStr) -> SecretStr:
    check_key(value.get_secret_value())
    return value


PasswordKey = Annotated[SecretStr, AfterValidator(_key)]


class Settings(BaseSettings):
    """Everything an operator may set; docs/operations.md says more on each."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    database_url: SecretStr = SecretStr("sqlite:///var/sippulse.db")
    pool_size: int = Field(default=8, ge=1, le=256)
    language: Literal["pt", "en"] = "pt"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "text"] = "json"
    lexical: Literal["compatible", "strict"] = "compatible"
    max_body: int = Field(default=10 * 1024 * 1024, ge=1024)  # bytes
    public_url: str | None = None  # scheme and host clients use, when a proxy hides it
    trusted_proxies: int = Field(default=0, ge=0)  # hops whose X-Forwarded-… count
    password_key: PasswordKey | None = None  # 32 bytes, base64
    old_password_keys: tuple[PasswordKey, ...] = ()
    retrieve_passwords: bool = False
    customer_password: Literal["either", "sip", "portal"] = "either"  # noqa: S105

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        chosen = [init_settings, env_settings]
        if path := os.environ.get(PREFIX + "CONFIG"):
            if not Path(path).is_file():
                raise ConfigurationError(f"SIPPULSE_CONFIG: no such file: {path}")
            chosen.append(TomlConfigSettingsSource(settings_cls, path))
        return tuple(chosen)


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; a ConfigurationError names every one that is wrong."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    unknown = [
        name
        for name in os.environ
        if name.startswith(PREFIX) and name not in known and not name.startswith(FOREIGN)
    ]
    if unknown:
        raise ConfigurationError(f"unknown setting: {', '.join(sorted(unknown))}")
    try:
        return Settings(**overrides)
    except ValidationError as error:
        # never the value: it may be a password
        problems = [f"{PREFIX}{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()]
        raise ConfigurationError("; ".join(problems)) from None
