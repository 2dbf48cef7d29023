"""A platform as an operator builds it: MariaDB, sippulse-ws, Kamailio, all on loopback."""

import os
import secrets
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.sip.phone import Phone
from tests.sip.servers import PROGRAM, Kamailio, Server, free_port
from tests.sip.soap import RemoteSoap

DOMAIN = "example.com"
PASSWORD = "s3nha"
ADMINISTRATOR = {"login": "sip", "password": secrets.token_hex(8)}


@pytest.fixture(scope="session")
def command(database_url: str) -> Callable[..., str]:
    """Runs the command line; its output."""

    def run(*arguments: str, text: str = "", **settings: str) -> str:
        environment = os.environ | {"SIPPULSE_DATABASE_URL": database_url} | settings
        result = subprocess.run(
            [PROGRAM, *arguments], env=environment, input=text, text=True, capture_output=True
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    return run


@pytest.fixture(scope="session")
def proxy_database(database_url: str, command: Callable[..., str]) -> Iterator[str]:
    """The schema as `db proxy-views` makes it, as the URL that Kamailio takes."""
    password, account = secrets.token_hex(8), f"kam{secrets.token_hex(4)}"
    command("db", "upgrade")
    command("db", "proxy-views", "kamailio", "--account", account, "--password-stdin", text=password)
    url = sa.make_url(database_url)
    yield f"mysql://{account}:{password}@{url.host}:{url.port}/{url.database}_kamailio"
    command("db", "proxy-views", "kamailio", "--account", account, "--drop")


@pytest.fixture(scope="session")
def provisioned(command: Callable[..., str], proxy_database: str) -> str:
    """A domain with a profile, and an administrator."""
    command("domain", "create", DOMAIN)
    command("profile", "create", DOMAIN, "DEFAULT")
    name, secret = ADMINISTRATOR["login"], ADMINISTRATOR["password"]
    command("admin", "create", name, "--password-stdin", "--superuser", text=secret)
    return DOMAIN


@pytest.fixture(scope="session")
def kamailio(
    tmp_path_factory: pytest.TempPathFactory, proxy_database: str, provisioned: str
) -> Iterator[Kamailio]:
    proxy = Kamailio(tmp_path_factory.mktemp("kamailio"), proxy_database)
    yield proxy
    proxy.stop()


@pytest.fixture(scope="session")
def server(
    tmp_path_factory: pytest.TempPathFactory, database_url: str, kamailio: Kamailio
) -> Iterator[Server]:
    proxies = f'[{{"name": "kamailio", "kind": "kamailio", "url": "{kamailio.rpc_url}"}}]'
    served = Server(
        tmp_path_factory.mktemp("server"),
        SIPPULSE_DATABASE_URL=database_url,
        SIPPULSE_LANGUAGE="en",
        SIPPULSE_PROXIES=proxies,
    )
    yield served
    served.stop()


@pytest.fixture(scope="session")
def soap(server: Server) -> RemoteSoap:
    return RemoteSoap(server.url, ADMINISTRATOR)


@pytest.fixture(scope="session")
def engine(database_url: str) -> Iterator[sa.Engine]:
    """The database, as an operator at its console sees it."""
    engine = sa.create_engine(database_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    yield engine
    engine.dispose()


class Telephones:
    """Makes subscribers through SOAP, and their phones."""

    def __init__(self, soap: RemoteSoap, kamailio: Kamailio) -> None:
        self.soap = soap
        self.kamailio = kamailio
        self.phones: list[Phone] = []
        self.usernames: list[str] = []

    def subscriber(self, username: str, **values: object) -> str:
        filled = {"username": username, "domain": DOMAIN, "password": PASSWORD} | {
            "profile": "DEFAULT",
            **values,
        }
        self.soap("SubscriberWS", "insertSubscriber", subscriber=filled)
        self.usernames.append(username)
        return username

    def phone(self, username: str, on_invite: int = 200, address: str = "127.0.0.1") -> Phone:
        """A phone that is not registered."""
        made = Phone(username, DOMAIN, PASSWORD, self.kamailio.address, address, on_invite)
        self.phones.append(made)
        return made

    def registered(self, username: str, on_invite: int = 200, **values: object) -> Phone:
        """A new subscriber, with a phone that is registered."""
        made = self.phone(self.subscriber(username, **values), on_invite)
        assert made.register() == 200
        return made


@pytest.fixture
def telephones(soap: RemoteSoap, kamailio: Kamailio) -> Iterator[Telephones]:
    """Whatever is made here is gone after the test."""
    made = Telephones(soap, kamailio)
    yield made
    for phone in made.phones:
        phone.close()
    for username in made.usernames:
        soap("SubscriberWS", "removeSubscriber", username=username, domain=DOMAIN)


@pytest.fixture
def dead_port() -> int:
    """A port where nobody listens."""
    return free_port()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
