"""`serve --ephemeral`: a server for tests, which leaves nothing behind."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from threading import Thread
from time import sleep
from urllib.error import URLError
from urllib.request import urlopen

import typer

from sippulse_ws.cli import demo as demo_data
from sippulse_ws.config import PREFIX, load_settings
from sippulse_ws.domain import administrators
from sippulse_ws.domain.authentication import Authenticator
from sippulse_ws.parts import make_database, make_vault

_ADMINISTRATOR = "admin"


@contextmanager
def ephemeral_database(*, demo: bool) -> Iterator[dict[str, str]]:
    """A database in a temporary folder; yields passwords by login, at least a superuser's."""
    from sippulse_ws.db.schema.migrate import upgrade  # noqa: PLC0415 - Alembic is large

    with TemporaryDirectory(prefix="sippulse-ws-") as folder:
        os.environ[f"{PREFIX}DATABASE_URL"] = f"sqlite:///{folder}/sippulse.db"
        settings = load_settings()
        database = make_database(settings)
        try:
            upgrade(database)
            with database.writing() as db:
                if demo:
                    logins = demo_data.load(db, make_vault(settings))
                else:
                    logins = {_ADMINISTRATOR: os.urandom(9).hex()}
                    administrators.create_administrator(
                        db, Authenticator(), _ADMINISTRATOR, logins[_ADMINISTRATOR], superuser=True
                    )
        finally:
            database.close()
        yield logins


def announce(url: str, logins: dict[str, str]) -> None:
    """Print one line of JSON on stdout as soon as the server answers."""
    Thread(target=_announce, args=(url, logins), daemon=True).start()


def _announce(url: str, logins: dict[str, str]) -> None:
    while not _answers(url):
        sleep(0.02)
    typer.echo(json.dumps({"url": url, "logins": logins}))


def _answers(url: str) -> bool:
    try:
        with urlopen(f"{url}/healthz", timeout=5) as answer:  # noqa: S310 - our own server
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
