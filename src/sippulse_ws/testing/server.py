"""A real server in a thread of the tests' process, with an SQLite database."""

from __future__ import annotations

import json
import secrets
import shutil
from base64 import b64encode
from pathlib import Path
from threading import Thread
from typing import Any, Literal
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from argon2 import PasswordHasher
from pydantic import SecretStr
from sqlalchemy import Table, select
from werkzeug.serving import WSGIRequestHandler, make_server

from sippulse_ws.app import create_app
from sippulse_ws.config import Settings
from sippulse_ws.db import Database
from sippulse_ws.domain import administrators, domains, new_subscribers, profiles
from sippulse_ws.domain.authentication import Authenticator
from sippulse_ws.domain.vault import Vault
from sippulse_ws.models import Base
from sippulse_ws.testing.faults import FaultInjection

DOMAIN = "example.com"
PROFILE = "DEFAULT"
# Cheap hashes: these are passwords of tests.
_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

Principal = dict[str, str]


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing: requests of tests are not worth a line."""


class Server:
    """Serves on a random loopback port; `start` gives it the database of one test.

    `template` is an SQLite file with the newest schema, which is copied and not changed.
    """

    def __init__(self, template: Path, language: Literal["pt", "en"] = "en") -> None:
        self._template = template
        url = SecretStr(f"sqlite:///{template}")
        self._settings = Settings(database_url=url, language=language, log_operations=0)

    def start(self, folder: Path) -> SippulseServer:
        """Start a server with a fresh database in this folder."""
        path = folder / f"sippulse-{secrets.token_hex(4)}.db"
        shutil.copyfile(self._template, path)
        database = Database(f"sqlite:///{path}")
        app = FaultInjection(create_app(self._settings, database), self._settings.language)
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
        server.daemon_threads = True  # type: ignore[attr-defined]
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return SippulseServer(database, server, f"http://127.0.0.1:{server.server_port}")


class SippulseServer:
    """What a test gets: the server's address, builders, and access to stored rows.

    There is one domain, `example.com`, with the profile `DEFAULT`, and a superuser, `principal`.
    """

    def __init__(self, database: Database, server: Any, url: str) -> None:
        self.url = url
        self._database = database
        self._server = server
        self._authenticator = Authenticator(_HASHER)
        self.domain(DOMAIN)
        self.principal = self.administrator("root", superuser=True)

    def wsdl(self, service: str) -> str:
        """The URL of a service's WSDL."""
        return f"{self.url}/SipPulse/{service}?wsdl"

    def domain(self, name: str) -> str:
        """Create a domain with the profile DEFAULT; returns its name."""
        with self._database.writing() as db:
            domains.create_domain(db, name)
            profiles.create_profile(db, name, PROFILE)
        return name

    def administrator(self, login: str, *granted: str, superuser: bool = False) -> Principal:
        """Create an administrator of these domains, or a superuser; returns its principal."""
        password = secrets.token_urlsafe(12)
        with self._database.writing() as db:
            administrators.create_administrator(
                db, self._authenticator, login, password, superuser=superuser
            )
            for domain in granted:
                administrators.grant_domain(db, login, domain)
        return {"login": login, "password": password}

    def subscriber(self, username: str = "1000", domain: str = DOMAIN, **fields: Any) -> int:
        """Create a subscriber; returns its id. Fields are named as the columns, in snake_case."""
        values = {"password": "Secret-1234", "profile": PROFILE, **fields}
        with self._database.writing() as db:
            return new_subscribers.insert_subscriber(
                db, Vault(), {**values, "username": username, "domain": domain}
            )

    def call(self, service: str, operation: str, **parameters: Any) -> Any:
        """Call an operation as the superuser; returns the JSON result. Raises ServerFault."""
        login = f"{self.principal['login']}:{self.principal['password']}"
        request = Request(  # noqa: S310 - our own address
            f"{self.url}/SipPulse/api/{service}/{operation}",
            json.dumps(parameters).encode(),
            {
                "Content-Type": "application/json",
                "Authorization": "Basic " + b64encode(login.encode()).decode(),
            },
        )
        try:
            with urlopen(request, timeout=60) as answer:  # noqa: S310
                return json.load(answer)
        except HTTPError as error:
            with error:
                raise ServerFault(json.load(error)) from None

    def rows(self, table: str, **columns: Any) -> list[dict[str, Any]]:
        """The rows of a table that have these values, as dicts by column."""
        known: Table = Base.metadata.tables[table]
        query = select(known).where(*(known.c[name] == value for name, value in columns.items()))
        with self._database.reading() as db:
            return [dict(row._mapping) for row in db.execute(query)]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._database.close()
        for path in Path(str(self._database.url.database)).parent.glob(
            f"{Path(str(self._database.url.database)).name}*"
        ):
            path.unlink()


class ServerFault(Exception):
    """A call ended in a fault; `code` is its code at /SipPulse/errors."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem.get("detail"))
        self.code = problem.get("code")
        self.problem = problem
