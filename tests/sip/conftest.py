"""A platform as an operator builds it: MariaDB, sippulse-ws, Kamailio, all on loopback."""

import fcntl
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.fixtures.server import LOGIN, Cli, Server
from tests.sip.phone import Phone
from tests.sip.servers import Kamailio, free_port
from tests.sip.soap import RemoteSoap

DOMAIN = "example.com"
PASSWORD = "s3nha"


# What zeep wants of every subscriber: the required primitives of the DTO.
REQUIRED: dict[str, object] = {
    "activeIncomingCalls": True,
    "activeOutgoingCalls": True,
    "addServiceHeader": False,
    "blockAnonymousCalls": False,
    "blockEntry0303": False,
    "callsOnlyByIp": False,
    "copyPassertedRpid": False,
    "lowCreditLimit": 0,
    "lowCreditNotification": False,
    "resellerBillingType": 0,
    "resellerMarkup": 0,
    "softphoneAllowed": False,
    "validateSource0303": False,
    "voicemail": False,
}


@pytest.fixture(scope="session")
def operator(database_url: str) -> Iterator[Cli]:
    """The command line, on a database with a domain, a profile and an administrator."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIPPULSE_DATABASE_URL", database_url)
        cli = Cli(patch)
        cli("db", "upgrade")
        cli("domain", "create", DOMAIN)
        cli("profile", "create", DOMAIN, "DEFAULT")
        password = LOGIN["password"]
        cli("admin", "create", "root", "--superuser", "--password-stdin", input=password)
        yield cli


@pytest.fixture(scope="session")
def proxy_database(database_url: str, operator: Cli) -> Iterator[str]:
    """The schema as `db proxy-views` makes it, as the URL that Kamailio takes."""
    password, account = secrets.token_hex(8), f"kam{secrets.token_hex(4)}"
    named = ("db", "proxy-views", "kamailio", "--account", account)
    operator(*named, "--password-stdin", input=password)
    url = sa.make_url(database_url)
    yield f"mysql://{account}:{password}@{url.host}:{url.port}/{url.database}_kamailio"
    operator(*named, "--drop")


@pytest.fixture(scope="session")
def kamailio(tmp_path_factory: pytest.TempPathFactory, proxy_database: str) -> Iterator[Kamailio]:
    proxy = Kamailio(tmp_path_factory.mktemp("kamailio"), proxy_database)
    yield proxy
    proxy.stop()


@pytest.fixture(scope="session")
def server(
    tmp_path_factory: pytest.TempPathFactory, database_url: str, kamailio: Kamailio
) -> Iterator[Server]:
    proxies = f'[{{"name": "kamailio", "kind": "kamailio", "url": "{kamailio.rpc_url}"}}]'
    log = tmp_path_factory.mktemp("server") / "serve.log"
    served = Server(database_url, log, PROXIES=proxies)
    yield served
    served.stop()


@pytest.fixture(scope="session")
def soap(server: Server) -> RemoteSoap:
    return RemoteSoap(f"{server.base}/SipPulse/", LOGIN)


@pytest.fixture(scope="session")
def engine(database_url: str) -> Iterator[sa.Engine]:
    """The database, as an operator at its console sees it."""
    engine = sa.create_engine(database_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def alone(engine: sa.Engine) -> Iterator[None]:
    """For tests that stop the database's server, or that count what fails while one does.

    All test processes of a run share it.
    """
    with engine.connect() as db:
        pid_file = str(db.execute(sa.text("SELECT @@pid_file")).scalar_one())
    with Path(f"{pid_file}.alone").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Telephones:
    """Makes subscribers through SOAP, and their phones."""

    def __init__(self, soap: RemoteSoap, kamailio: Kamailio) -> None:
        self.soap = soap
        self.kamailio = kamailio
        self.phones: list[Phone] = []
        self.usernames: list[str] = []

    def subscriber(self, username: str, **values: object) -> str:
        key = {"username": username, "domain": DOMAIN}
        filled = REQUIRED | key | {"password": PASSWORD, "profile": "DEFAULT"} | values
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
    kamailio.end_calls()
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
