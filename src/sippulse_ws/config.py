"""Settings, from environment variables `SIPPULSE_…` and an optional TOML file."""

from __future__ import annotations

import json
import os
import re
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from sippulse_ws.config_delivery import WebhookSettings, check_smtp, check_webhooks
from sippulse_ws.db.statements.drivers import DRIVERS
from sippulse_ws.domain.local_time import check_timezone
from sippulse_ws.domain.networks import Host, host_of
from sippulse_ws.domain.proxies import CACHED
from sippulse_ws.domain.vault import check_key
from sippulse_ws.plain_settings import PlainSecret, PlainSettings

PREFIX = "SIPPULSE_"
CONFIG = PREFIX + "CONFIG"  # the TOML file's path
TESTS = PREFIX + "TEST_"  # switches of the test suite
ENGINES = ("sqlite", "mysql", "mariadb")


class ConfigurationError(Exception):
    """A setting is unknown or unusable; the message names it."""


def _key(value: SecretStr) -> SecretStr:
    check_key(value.get_secret_value())
    return value


def _parsed(text: str) -> URL:
    """The parsed URL; an unescaped @ in the password would make its rest the host."""
    try:
        url = make_url(text)
    except ValueError:  # a bad port, whose text may be part of the password
        raise ArgumentError("") from None
    if "@" in f"{url.host}{url.database if url.get_backend_name() != 'sqlite' else ''}":
        raise ValueError("an @ of the password has to be written as %40")
    return url


def _database(value: SecretStr) -> SecretStr:
    try:
        url = _parsed(value.get_secret_value())
        if url.get_backend_name() not in ENGINES:
            raise ValueError(f"one of {', '.join(ENGINES)} is needed")
        if url.get_driver_name() not in DRIVERS:
            raise ValueError(f"its driver has to be one of {', '.join(DRIVERS)}")
        url.get_dialect().import_dbapi()
    except (ArgumentError, NoSuchModuleError):
        raise ValueError("not a database URL such as mysql+pymysql://user@host/name") from None
    except ImportError as error:
        raise ValueError(f"its driver is not installed: {error.name}") from None
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise ValueError("SQLite needs a file, which all workers open")
    return value


def _separate(value: Any) -> Any:
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError("not a JSON list of objects; see docs/operations.md") from None


def _pairs(value: Any) -> Any:
    return tuple(value.items()) if isinstance(value, dict) else value


def _caches(value: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    for kind, template in value:
        if kind not in CACHED:
            raise ValueError(f"caches: {kind} is none of {', '.join(CACHED)}")
        table, colon, key = template.partition(":")
        try:
            filled = key.format(**dict.fromkeys(CACHED[kind], "x"))
        except (KeyError, IndexError, ValueError, AttributeError):
            fields = ", ".join(f"{{{field}}}" for field in CACHED[kind])
            raise ValueError(f"caches: the key for {kind} may hold {fields}") from None
        if not (table and colon and filled):
            raise ValueError(f"caches: {kind} must be like table:{{{CACHED[kind][0]}}}")
    return value


def _texts(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _hosts(value: tuple[str, ...]) -> tuple[str, ...]:
    for text in value:
        try:
            host_of(text)
        except ValueError:
            raise ValueError(f"sip: {text} is no IP address, host:port or SIP URI of one") from None
    return value


def _codes(value: tuple[str, ...]) -> tuple[str, ...]:
    for code in value:
        if not re.fullmatch("[0-9Xx]+", code):
            raise ValueError(f"{code} is no code of digits and X")
    return value


PasswordKey = Annotated[SecretStr, AfterValidator(_key)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_database)]


class ProxySettings(BaseModel, frozen=True, extra="forbid"):
    """A SIP proxy to notify of changes; see docs/sip.md."""

    kind: Literal["kamailio", "opensips"]
    url: SecretStr  # of JSON-RPC or mi_http; may contain a login
    name: str = ""  # in messages; host and port by default
    # what the proxy's script caches, by kind in domain/proxies.py: `table:key with {fields}`
    caches: Annotated[
        tuple[tuple[str, str], ...], BeforeValidator(_pairs), AfterValidator(_caches)
    ] = ()
    table: str = "location"  # the proxy's name for its registrations
    # its addresses on the SIP side, which no account may have: `192.0.2.1`, `sip:192.0.2.1:5060`
    sip: Annotated[tuple[str, ...], BeforeValidator(_texts), AfterValidator(_hosts)] = ()

    @model_validator(mode="before")
    @classmethod
    def _name(cls, values: Any) -> Any:
        if not isinstance(values, dict) or "url" not in values:
            return values
        parts = urlsplit(str(values["url"]))
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("url: not like http://host:port/path")
        return {"name": f"{parts.hostname}:{parts.port or 80}"} | values


class Settings(BaseSettings):
    """All settings; the README's table describes each."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    database_url: DatabaseUrl = SecretStr("sqlite:///var/sippulse.db")
    pool_size: int = Field(default=6, ge=1, le=256)
    # of `serve`, per process: client connections, and requests that wait for a thread
    connections: int = Field(default=4000, ge=16, le=100_000)
    queue_size: int = Field(default=256, ge=1, le=100_000)
    body_seconds: float = Field(default=15, gt=0, le=3600)  # for a request's body to arrive
    operation_seconds: float = Field(default=20, ge=1, le=3600)  # all tries
    cluster: Literal["galera"] | None = None  # what the database is part of; docs/cluster.md
    language: Literal["pt", "en"] = "pt"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "text"] = "json"
    log_operations: float = Field(default=1, ge=0, le=1)  # logged share of successes
    lexical: Literal["compatible", "strict-writes", "strict"] = "compatible"
    wsdl_style: Literal["inline", "import"] = "inline"
    wsdl_required: Literal["observed", "none"] = "observed"
    max_body: int = Field(default=10 * 1024 * 1024, ge=1024)  # bytes
    # scheme and host clients use, when a proxy hides it
    public_url: str | None = Field(default=None, pattern=r"^https?://[^\s?#]+$")
    trusted_proxies: int = Field(default=0, ge=0)  # hops whose X-Forwarded-… count
    password_key: PasswordKey | None = None  # 32 bytes, base64
    # in the environment separated by commas
    old_password_keys: Annotated[tuple[PasswordKey, ...], NoDecode, BeforeValidator(_separate)] = ()
    password_length: int = Field(default=0, ge=0, le=128)  # least length of new SIP passwords
    retrieve_passwords: bool = False
    customer_password: Literal["either", "sip", "portal"] = "either"  # noqa: S105
    # codes that only a superuser may make a DID, X being any digit; by default Brazil's
    emergency_numbers: Annotated[
        tuple[str, ...], NoDecode, BeforeValidator(_separate), AfterValidator(_codes)
    ] = ("1XX", "10XXX", "112", "911")
    did_source: Literal["open", "inventory"] = "open"  # inventory: no number from elsewhere
    # SIP proxies to notify of changes; in the environment a JSON list
    proxies: Annotated[tuple[ProxySettings, ...], NoDecode, BeforeValidator(_json)] = ()
    proxy_timeout: float = Field(default=3, gt=0, le=60)  # seconds, for one answer
    proxy_patience: float = Field(default=12, gt=0, le=300)  # seconds, for a whole reload
    auto_reload: bool = False
    # an addCredit with the same account, value and obs as one in the last minutes is refused
    repeated_credit_minutes: int | None = Field(default=None, ge=1, le=44_640)
    idempotency_hours: int = Field(default=72, ge=1, le=8784)  # for which outcomes are kept
    # `subscriber forget` keeps younger call records, since the law requires it
    retention_years: int = Field(default=5, ge=0, le=100)
    # admission and rating of calls; if not set, the database decides
    charging: Literal["on", "off"] | None = None
    # the operator's time zone; if not set, the database decides
    timezone: Annotated[str, AfterValidator(check_timezone)] | None = None
    # endpoints that receive events; in the environment a JSON list
    webhooks: Annotated[
        tuple[WebhookSettings, ...],
        NoDecode,
        BeforeValidator(_json),
        AfterValidator(check_webhooks),
    ] = ()
    smtp_url: Annotated[SecretStr, AfterValidator(check_smtp)] | None = None
    mail_from: str = "sippulse-ws@localhost"
    mail_templates: Path | None = None  # a folder with the operator's own templates
    expired_credit: Literal["frozen", "taken"] = "frozen"

    @cached_property
    def sip_hosts(self) -> frozenset[Host]:
        """The SIP proxies' addresses on the SIP side."""
        return frozenset(host_of(text) for proxy in self.proxies for text in proxy.sip)

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
        if path := os.environ.get(CONFIG):
            if not Path(path).is_file():
                raise ConfigurationError(f"{CONFIG}: no such file: {path}")
            try:
                chosen.append(TomlConfigSettingsSource(settings_cls, path))
            except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
                raise ConfigurationError(f"{CONFIG}: {path}: {error}") from None
        return tuple(chosen)


def asked_log_format() -> Literal["json", "text"]:
    """The format of the log, even if the settings as a whole are unusable."""
    told = os.environ.get(PREFIX + "LOG_FORMAT")
    path = os.environ.get(CONFIG)
    if told is None and path:
        try:
            told = tomllib.loads(Path(path).read_text()).get("log_format")
        except (OSError, ValueError):
            told = None
    return "text" if told == "text" else "json"


def load_settings(**overrides: Any) -> Settings:
    """Read the settings. Raises ConfigurationError, which names every wrong one."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    unknown = [
        name
        for name in os.environ
        if name.upper().startswith(PREFIX)
        and name.upper() not in known | {CONFIG}
        and not name.startswith(TESTS)
    ]
    if unknown:
        raise ConfigurationError(f"unknown setting: {', '.join(sorted(unknown))}")
    try:
        return Settings(**overrides)
    except ValidationError as error:
        # never the value: it may be a password
        problems = {
            f"{PREFIX}{str(one['loc'][0]).upper()}: {one['msg'].removeprefix('Value error, ')}"
            for one in error.errors()
        }
        raise ConfigurationError("; ".join(sorted(problems))) from None


def plain_settings(settings: Settings) -> PlainSettings:
    """The same for a process that does without this module, pickled if need be."""
    values = {name: _plain(getattr(settings, name)) for name in Settings.model_fields}
    return PlainSettings(values | {"sip_hosts": settings.sip_hosts})


def _plain(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return PlainSecret(value.get_secret_value())
    if isinstance(value, BaseModel):
        names = type(value).model_fields
        return PlainSettings({name: _plain(getattr(value, name)) for name in names})
    return tuple(map(_plain, value)) if isinstance(value, tuple) else value
