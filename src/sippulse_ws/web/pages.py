"""What people see: the list of services, a page per service, and the health checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

from werkzeug.wrappers import Request, Response

from sippulse_ws import __version__
from sippulse_ws.db import Database
from sippulse_ws.db.schema.revisions import NEWEST, current_revision
from sippulse_ws.observability.outages import Outage
from sippulse_ws.wire.endpoint import Endpoint

BASE = "/SipPulse/"
# A page loads nothing and runs nothing.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #8884;
  vertical-align: top }
code { background: #8882; padding: .1rem .3rem; border-radius: .2rem; word-break: break-word }
pre { background: #8882; padding: 1rem; overflow-x: auto; border-radius: .3rem }
@media (prefers-color-scheme: dark) { body { background: #111; color: #ddd } a { color: #8bf } }
"""
TEXTS = {
    "pt": {
        "title": "Serviços SOAP do SIPPulse",
        "lead": "Cada serviço publica seu WSDL; qualquer cliente SOAP 1.1 o chama.",
        "service": "Serviço",
        "operations": "Operações",
        "call": "Como chamar, em Python com zeep",
        "back": "Todos os serviços",
    },
    "en": {
        "title": "SIPPulse SOAP services",
        "lead": "Each service publishes its WSDL; any SOAP 1.1 client can call it.",
        "service": "Service",
        "operations": "Operations",
        "call": "How to call it, in Python with zeep",
        "back": "All services",
    },
}
EXAMPLE = """from zeep import Client

client = Client("{url}?wsdl")
{principal}print(client.service.{operation}({arguments}))"""
PRINCIPAL = "principal"
LOGIN = 'principal = {"login": "LOGIN", "password": "PASSWORD"}\n'

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Pages:
    """WSGI applications for people and for load balancers."""

    def __init__(self, database: Database, language: str, outage: Outage) -> None:
        self._outage = outage
        self._database = database
        self._language = language
        self._endpoints: dict[str, Endpoint] = {}

    def register(self, endpoints: Sequence[Endpoint]) -> None:
        self._endpoints = {path: one for one in endpoints for path in one.paths}

    def index(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """All services."""
        texts = TEXTS[self._language]
        rows = "".join(
            # relative: a proxy may have put all of this under a path of its own
            f'<tr><td><a href="{one.name}">{one.name}</a></td>'
            f'<td><a href="{one.name}?wsdl">WSDL</a></td><td>{len(one.operations)}</td></tr>'
            for path, one in self._endpoints.items()
            if path == one.paths[0]
        )
        request = Request(environ)
        body = (
            f"<p>{texts['lead']}</p><table><tr><th>{texts['service']}</th><th>WSDL</th>"
            f"<th>{texts['operations']}</th></tr>{rows}</table>"
            + _example(request.base_url + "DomainWS", "listDomains", [PRINCIPAL], texts)
        )
        return _page(self._language, texts["title"], body)(environ, start_response)

    def service(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """One service with its operations."""
        texts = TEXTS[self._language]
        request = Request(environ)
        endpoint = self._endpoints[request.path]
        items = "".join(
            f"<li><code>{escape(name)}</code> ({escape(', '.join(parameters))})</li>"
            for name, parameters in endpoint.operations.items()
        )
        body = (
            f'<p><a href=".">{texts["back"]}</a> · <a href="?wsdl">WSDL</a></p>'
            f"<h2>{texts['operations']}</h2><ul>{items}</ul>"
            + _example(request.base_url, *next(iter(endpoint.operations.items())), texts)
        )
        return _page(self._language, endpoint.name, body)(environ, start_response)

    def healthz(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """The process serves."""
        return Response("ok\n")(environ, start_response)

    def readyz(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """The database answers, and its schema is the one this version needs."""
        try:
            with self._database.reading() as db:
                revision = current_revision(db)
        except Exception as error:  # noqa: BLE001 - whatever it is, the answer is "not ready"
            self._outage.lost(error)
            return Response("database unavailable\n", 503)(environ, start_response)
        self._outage.back()
        if revision != NEWEST:
            text = f"schema is at {revision}, run: sippulse-ws db upgrade\n"
            return Response(text, 503)(environ, start_response)
        return Response("ready\n")(environ, start_response)


def _example(url: str, operation: str, parameters: Sequence[str], texts: dict[str, str]) -> str:
    code = EXAMPLE.format(
        url=url,
        operation=operation,
        principal=LOGIN if PRINCIPAL in parameters else "",
        arguments=", ".join(
            f"{name}={PRINCIPAL if name == PRINCIPAL else '…'}" for name in parameters
        ),
    )
    return f"<h2>{texts['call']}</h2><pre>{escape(code)}</pre>"


def _page(language: str, title: str, body: str) -> Response:
    html = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title>"
        '<meta name="viewport" content="width=device-width">'
        f"<style>{STYLE}</style></head><body><h1>{escape(title)}</h1>{body}"
        f"<footer><small>sippulse-ws {__version__}</small></footer></body></html>"
    )
    return Response(html, mimetype="text/html", headers=HEADERS)
