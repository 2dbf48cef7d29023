"""nginx and Caddy as deploy/ configures them: TLS, an odd port, a path prefix, long bodies."""

import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from zeep import Client
from zeep.transports import Transport

from sippulse_ws.config import Settings
from tests.fixtures.server import LOGIN, Server
from tests.soap import ENVELOPE, principal_xml

DEPLOY = Path(__file__).parents[2] / "deploy"
NGINX = (DEPLOY / "nginx" / "sippulse-ws.conf").read_text("utf-8")
CADDY = (DEPLOY / "caddy" / "Caddyfile").read_text("utf-8")
PATIENCE = 60  # seconds
MIB = 2**20

pytestmark = [pytest.mark.deploy, pytest.mark.engines("sqlite")]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with cert.pem and key.pem of localhost."""
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext "
        f"subjectAltName=DNS:localhost -keyout {folder}/key.pem -out {folder}/cert.pem"
    )
    subprocess.run(command.split(), check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def behind(installed_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("behind") / "log"
    server = Server(installed_url, log, TRUSTED_PROXIES="1")
    yield server
    server.stop()


def start_nginx(server: Server, tls: Path, folder: Path, port: int) -> list[str]:
    """The file as it stands, in the frame that Debian's nginx.conf gives it."""
    text = NGINX.replace("127.0.0.1:8080", f"127.0.0.1:{server.port}")
    text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    text = text.replace("sippulse.example.com", "localhost")
    text = text.replace("/etc/ssl/certs/sippulse.pem", f"{tls}/cert.pem")
    text = text.replace("/etc/ssl/private/sippulse.key", f"{tls}/key.pem")
    (folder / "sippulse-ws.conf").write_text(text)
    paths = " ".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root; " if os.geteuid() == 0 else ""  # else it could not write here
    (folder / "nginx.conf").write_text(
        f"{user}daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off; {paths} include {folder}/sippulse-ws.conf; }}\n"
    )
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def start_caddy(server: Server, tls: Path, folder: Path, port: int) -> list[str]:
    text = CADDY.replace("127.0.0.1:8080", f"127.0.0.1:{server.port}")
    site = f"https://localhost:{port} {{\n\ttls {tls}/cert.pem {tls}/key.pem"
    text = text.replace("sippulse.example.com {", site)
    head = f"{{\n\tadmin off\n\tauto_https disable_redirects\n\tstorage file_system {folder}\n}}\n"
    (folder / "Caddyfile").write_text(head + text)
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


@pytest.fixture(scope="module", params=[start_nginx, start_caddy], ids=["nginx", "caddy"])
def outside(
    request: pytest.FixtureRequest,
    behind: Server,
    certificate: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The address of the reverse proxy."""
    folder, port = tmp_path_factory.mktemp("proxy"), free_port()
    command: Callable[..., list[str]] = request.param
    arguments = command(behind, certificate, folder, port)
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(arguments, stdout=out, stderr=out)
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            time.sleep(0.1)
    else:
        process.kill()
        pytest.fail((folder / "out").read_text())
    yield f"https://localhost:{port}"
    process.terminate()
    process.wait(PATIENCE)


@pytest.fixture
def session(certificate: Path) -> requests.Session:
    made = requests.Session()
    made.trust_env = False  # nor a bundle of certificates that somebody set
    made.verify = str(certificate / "cert.pem")
    return made


@pytest.mark.parametrize("prefix", ["", "/voip"])
def test_a_client_works_with_the_address_in_the_wsdl(
    outside: str, session: requests.Session, prefix: str
) -> None:
    """The port, the scheme and the prefix are in it."""
    url = f"{outside}{prefix}/SipPulse/DomainWS"
    wsdl = session.get(f"{url}?wsdl", timeout=60).text
    assert re.findall(r'address location="([^"]+)"', wsdl) == [url]
    client = Client(f"{url}?wsdl", transport=Transport(session=session))  # type: ignore[no-untyped-call]
    assert [one.domain for one in client.service.listDomains(LOGIN)] == ["example.com"]


def post(outside: str, session: requests.Session, body: str, **headers: str) -> requests.Response:
    envelope = ENVELOPE.format(operation="listDomains", body=body + principal_xml(LOGIN))
    return session.post(
        f"{outside}/SipPulse/DomainWS",
        data=envelope.encode(),
        headers={"Content-Type": "text/xml; charset=utf-8"} | headers,
        timeout=120,
    )


def test_bodies_up_to_the_servers_limit_come_through(
    outside: str, session: requests.Session
) -> None:
    answer = post(outside, session, f"<!--{'x' * (9 * MIB)}-->")
    assert answer.status_code == 200, answer.text
    answer = post(outside, session, f"<!--{'x' * (11 * MIB)}-->")
    assert answer.status_code == 500
    assert "larger than 10485760 bytes" in answer.text


def test_the_clients_address_cannot_be_forged(
    outside: str, session: requests.Session, behind: Server
) -> None:
    forged = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Host": "evil.example",
        "X-Request-Id": "t-1",
    }
    answer = post(outside, session, "", **forged)
    assert answer.headers["X-Client-Request-Id"] == "t-1"
    ours = answer.headers["X-Request-Id"]
    deadline = time.monotonic() + PATIENCE
    while ours not in behind.log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    (line,) = [json.loads(one) for one in behind.log.read_text().splitlines() if ours in one]
    assert line["address"] == "127.0.0.1"


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz", "/voip/metrics", "/"])
def test_nothing_else_is_open_to_the_outside(
    outside: str, session: requests.Session, path: str
) -> None:
    assert session.get(outside + path, timeout=60).status_code == 404


def test_pages_link_under_the_prefix(outside: str, session: requests.Session) -> None:
    page = session.get(f"{outside}/voip/SipPulse/", timeout=60)
    assert page.status_code == 200
    assert 'href="/SipPulse' not in page.text


@pytest.mark.parametrize("text", [NGINX, CADDY], ids=["nginx", "caddy"])
def test_they_wait_longer_than_an_operation_may_take(text: str) -> None:
    default = Settings.model_fields["operation_seconds"].default
    (read,) = {int(one) for one in re.findall(r"read_timeout (\d+)s", text)}
    assert read > default + Settings.model_fields["body_seconds"].default
