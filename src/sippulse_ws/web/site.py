"""The pages for people: an index, a page per service and operation, and the error codes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from werkzeug.wrappers import Request, Response

from sippulse_ws import __version__
from sippulse_ws.services.catalogue import PublishedOperation, every_operation
from sippulse_ws.services.descriptions import describe_operation, describe_service
from sippulse_ws.services.faults import common_faults
from sippulse_ws.web import samples
from sippulse_ws.web.error_codes import every_error
from sippulse_ws.web.field_rows import field_rows, input_rows
from sippulse_ws.web.languages import LANGUAGES, accepted_language
from sippulse_ws.web.markup import marked
from sippulse_ws.web.openapi import OPENAPI, openapi_document
from sippulse_ws.web.search_words import search_words
from sippulse_ws.wire.body import discard_body
from sippulse_ws.wire.rpc import Service
from sippulse_ws.wording import LANGUAGE_TAG, Wording

BASE = "/SipPulse/"
COOKIE = "sippulse_ws_language"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Vary": "Accept-Language, Cookie",
}
STATIC = {"style.css": "text/css", "search.js": "text/javascript", "try.js": "text/javascript"}
_OTHER = Wording("en", "pt")  # the other language, for its link
_host = re.compile(r"[A-Za-z0-9._:\[\]-]+").fullmatch

_Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Site:
    """The pages; `language` is for browsers that prefer neither."""

    def __init__(
        self, services: Sequence[type[Service]], language: str, public_url: str | None
    ) -> None:
        self._services = services
        self._language = language
        self._public_url = public_url
        self._operations = list(every_operation())

    @cached_property
    def _templates(self) -> Environment:
        return Environment(
            loader=PackageLoader("sippulse_ws.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def routes(self) -> Iterator[tuple[str, _Wsgi]]:
        """WSGI applications by path; services' endpoints call `service` for a plain GET."""
        yield BASE, self._page(self._index)
        yield f"{BASE}errors", self._page(self._errors)
        yield OPENAPI, _static(openapi_document, "application/json")
        for name, media_type in STATIC.items():
            yield f"{BASE}static/{name}", _static(_reader(name), media_type)
        paths = {one.__name__: one.PATHS for one in self._services}
        for operation in self._operations:
            for path in paths[operation.service]:
                yield f"{path}/{operation.name}", self._page(self._operation, operation)

    def service(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """The page of the service at this path."""
        path = environ.get("PATH_INFO", "")
        service = next(one for one in self._services if path in one.PATHS)
        return self._page(self._service, service)(environ, start_response)

    def not_found(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """The answer to unknown paths, for people and programs."""
        discard_body(environ)
        path = environ.get("PATH_INFO", "")
        depth = path.removeprefix(BASE).count("/")
        up = "../" * max(path.count("/") - 1, 0)
        root = "../" * depth if path.startswith(BASE) else f"{up}SipPulse/"
        language = self._chosen(Request(environ))
        html = self._render("not_found.html", language, root or "./")
        return Response(html, 404, HEADERS, mimetype="text/html")(environ, start_response)

    def _page(self, render: Callable[..., str], *arguments: Any) -> _Wsgi:
        def page(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
                discard_body(environ)
                return _other_method(environ, start_response)
            request = Request(environ)
            language = self._chosen(request)
            response = Response(
                render(request, language, *arguments), headers=HEADERS, mimetype="text/html"
            )
            if "lang" in request.args:
                path = (request.root_path or "").rstrip("/") + BASE
                response.set_cookie(COOKIE, language, path=path, samesite="Lax", httponly=True)
            return response(environ, start_response)

        return page

    def _chosen(self, request: Request) -> str:
        """The language: the `lang` parameter's, else the cookie's, else the browser's."""
        for chosen in (request.args.get("lang"), request.cookies.get(COOKIE)):
            if chosen in LANGUAGES:
                return str(chosen)
        return accepted_language(request.headers.get("Accept-Language"), self._language)

    def _render(self, template: str, language: str, root: str, **values: Any) -> str:
        def translate(key: str, **inside: str) -> Markup:
            text = Markup(_texts()[key].text(language))  # noqa: S704 - ours
            return text.format(**inside) if inside else text

        return self._templates.get_template(template).render(
            t=translate,
            language=language,
            other_language=_OTHER.text(language),
            language_tag=LANGUAGE_TAG.text(language),
            root=root,
            version=__version__,
            **values,
        )

    def _index(self, request: Request, language: str) -> str:
        services = [
            {"name": one.__name__, "text": describe_service(one.__name__).text(language)}
            for one in self._services
        ]
        operations = [self._listed(one, language) for one in self._operations]
        return self._render(
            "index.html",
            language,
            "",
            services=services,
            operations=operations,
            base=f"{request.root_path.rstrip('/')}{BASE}",
        )

    def _listed(self, one: PublishedOperation, language: str) -> dict[str, Any]:
        text = describe_operation(one).text.text(language)
        fields = [row.name for row in input_rows(one, language)]
        return {
            "service": one.service,
            "name": one.name,
            "kind": self._kind(one, language),
            "text": marked(text),
            "words": search_words(one, language),
            "all": " ".join([one.service, text, *fields]),
            "parameters": [field.wire for field in one.parameters],
        }

    def _kind(self, one: PublishedOperation, language: str) -> str:
        kind = "writes" if one.changes else "reads"
        if one.declaration.tells_proxies:
            kind = "acts"
        return _texts()[kind].text(language)

    def _service(self, request: Request, language: str, service: type[Service]) -> str:
        name = service.__name__
        mine = [self._listed(one, language) for one in self._operations if one.service == name]
        root = "../" * request.path.removeprefix(BASE).count("/")
        text = describe_service(name).text(language)
        return self._render("service.html", language, root, name=name, text=text, operations=mine)

    def _operation(self, request: Request, language: str, one: PublishedOperation) -> str:
        told = describe_operation(one)
        root = "../" * request.path.removeprefix(BASE).count("/")
        return self._render(
            "operation.html",
            language,
            root,
            service=one.service,
            name=one.name,
            canonical=one.canonical,
            spellings=self._spellings(one),
            text=marked(told.text.text(language)),
            who=self._who(one, language),
            effect=marked(told.effect.text(language)) if told.effect else "",
            parameters=field_rows(one, language),
            answer=field_rows(one, language, answer=True),
            faults=[*_faults(told.faults, language), *_row_faults(told.row_faults, language)],
            common=list(_faults(common_faults(one), language)),
            samples=samples.all_samples(one, self._base(request)),
            inputs=input_rows(one, language),
            has_principal=one.has_principal,
            writes=one.changes,
            tells_proxies=one.declaration.tells_proxies,
            passwords=samples.SECRETS,
        )

    def _spellings(self, one: PublishedOperation) -> list[str]:
        same = (other for other in self._operations if other.service == one.service)
        return [o.name for o in same if o.canonical == one.canonical and o.name != one.name]

    def _who(self, one: PublishedOperation, language: str) -> Markup:
        right = one.declaration.right
        if right.customer:
            return Markup(_texts()["who_customer"].text(language))  # noqa: S704 - ours
        key = "who_domain" if right.domains else "who_object"
        text = Markup(_texts()[key].text(language))  # noqa: S704 - ours
        return text.format(field=right.reported_as)

    def _errors(self, _request: Request, language: str) -> str:
        rows = [
            {"code": code, "status": known.status, "message": known.template(language)}
            for code, known in every_error()
        ]
        return self._render("errors.html", language, "", errors=rows)

    def _base(self, request: Request) -> str:
        """The server's address, as the reader's programs have to use it."""
        if self._public_url:
            return self._public_url.rstrip("/")
        host = request.headers.get("Host", "")
        if not _host(host):
            host = f"{request.environ['SERVER_NAME']}:{request.environ['SERVER_PORT']}"
        return f"{request.scheme}://{host}{request.root_path.rstrip('/')}"


def _faults(codes: Iterable[str], language: str) -> Iterator[dict[str, Any]]:
    known = dict(every_error())
    for code in codes:
        one = known[code]
        yield {"code": code, "status": one.status, "message": one.template(language)}


def _row_faults(reasons: Iterable[str], language: str) -> Iterator[dict[str, Any]]:
    """The messages of these reasons, which follow the number of a row."""
    for one in _faults(reasons, language):
        (row,) = _faults(["row-refused"], language)
        yield {**row, "message": row["message"].removesuffix("…") + one["message"]}


@cache
def _texts() -> dict[str, Wording]:
    text = files(__package__).joinpath("texts.toml").read_text(encoding="utf-8")
    return {name: Wording(**both) for name, both in tomllib.loads(text).items()}


def _reader(name: str) -> Callable[[], bytes]:
    return cache(lambda: files(__package__).joinpath("static", name).read_bytes())


def _other_method(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    allowed = {"Allow": "GET, HEAD"}
    return Response("", 405, allowed, mimetype="text/html")(environ, start_response)


def _static(content: Callable[[], bytes], media_type: str) -> _Wsgi:
    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        discard_body(environ)
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _other_method(environ, start_response)
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "max-age=300"}
        return Response(content(), headers=headers, mimetype=media_type)(environ, start_response)

    return answer
