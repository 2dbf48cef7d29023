"""The WSGI application of one web service."""

import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from threading import Semaphore
from typing import Any, Literal
from urllib.parse import parse_qsl, quote
from xml.sax.saxutils import escape

from spyne import Application, Fault
from spyne.protocol.soap import Soap11

from . import wsdl
from .body import discard_body, read_body
from .charsets import UTF_8
from .context import Context
from .faults import WSException
from .media import MULTIPART, XML, Media, MediaTypes
from .multipart import refuse_includes, root_of
from .names import NAMESPACE
from .protocol import Lexical, Protocol
from .recoding import in_charset
from .rpc import Service

logger = logging.getLogger(__name__)

_Environ = dict[str, Any]
StartResponse = Callable[..., Any]
_Wsgi = Callable[[_Environ, StartResponse], Iterable[bytes]]

XML_UTF_8 = "text/xml; charset=utf-8"
HTML = "text/html; charset=utf-8"
LENGTH = "Content-Length"
OK = "200 OK"
FAULT = "500 Internal Server Error"
# The environ key by which a server says that it sends a Spooled answer itself, without a thread.
TAKES_FILES = "sippulse.takes_files"
# The environ key of the Context of a request that had to wait for other writers or for threads of
# another lane (see lanes.py): its operation is called again, its body is not read again.
_WAITED = "sippulse.waited"

_host = re.compile(r"[A-Za-z0-9._:\[\]-]+").fullmatch


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of endpoints, and their messages to users."""

    lexical: Lexical = "compatible"
    max_body: int = 10 * 1024 * 1024  # bytes
    public_url: str | None = None  # for addresses in WSDLs, instead of the Host header
    wsdl_style: Literal["inline", "import"] = "inline"
    wsdl_required: Literal["observed", "none"] = "observed"
    page: _Wsgi | None = None  # answers a plain GET
    invalid_value: str = "Invalid value in field {field}"
    internal_error: str = "Internal error, request {request_id}"
    # bounds the server threads that slow readers of long answers may hold
    senders: Semaphore = field(default_factory=partial(Semaphore, 1))
    # called when a request other than GET and HEAD is answered, with the body's length in bytes
    finished: Callable[[Context, int], None] = lambda context, length: None


class Endpoint:
    """Serves the operations of `service`; functions find `state` in their context."""

    def __init__(self, service: type[Service], options: Options, state: Any) -> None:
        self.name = service.__name__
        self.paths = service.PATHS
        self._options = options
        self._state = state
        self._protocol = Protocol(options.lexical, options.invalid_value)
        application = Application(
            [service],
            NAMESPACE,
            name=self.name,
            in_protocol=self._protocol,
            out_protocol=Soap11(),  # for the WSDL; Spyne wants another one than for input
            documents_container=wsdl.Documents,
        )
        application.transport = "http://schemas.xmlsoap.org/soap/http"
        self._protocol.compile(application)
        self._published = wsdl.build(application, options.wsdl_required == "none")
        self._media_types = MediaTypes()

    @property
    def operations(self) -> dict[str, tuple[str, ...]]:
        """The operations by name, sorted, with the names of their parameters."""
        every = self._protocol.operations.values()
        return {one.name: one.parameters for one in sorted(every, key=lambda one: one.name)}

    def wsdl(self, address: str) -> bytes:
        """The WSDL of the service at an address."""
        imports = self._options.wsdl_style == "import"
        text = self._published.importing_wsdl if imports else self._published.wsdl
        return text.replace(wsdl.ADDRESS.encode(), escape(address, {'"': "&quot;"}).encode())

    @property
    def schema(self) -> bytes:
        """The XML schema with the types of the service, as a document of its own."""
        return self._published.schema

    def __call__(self, environ: _Environ, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method == "POST":
            return self._post(environ, start_response)
        if method in ("GET", "HEAD"):
            return self._get(environ, start_response)
        return self._refuse(
            Context(environ, self.name, self._state),
            start_response,
            ("405 Method Not Allowed", "method"),
            ("Allow", "GET, HEAD, POST"),
        )

    def _get(self, environ: _Environ, start_response: StartResponse) -> Iterable[bytes]:
        text = environ.get("QUERY_STRING", "")
        if text.startswith("xsd="):
            if text != wsdl.SCHEMA_QUERY:
                return _document(environ, start_response, "404 Not Found", HTML, b"not found\n")
            return _document(environ, start_response, OK, XML_UTF_8, self.schema)
        if any(name.lower() == "wsdl" for name, _ in parse_qsl(text, keep_blank_values=True)):
            body = self.wsdl(self._address(environ))
            return _document(environ, start_response, OK, XML_UTF_8, body)
        if self._options.page is not None:
            return self._options.page(environ, start_response)
        return _empty(start_response, "404 Not Found")

    def _address(self, environ: _Environ) -> str:
        """The address of this endpoint for clients: from `public_url`, else from the request."""
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        path = quote(path, "/", "latin-1", "replace")
        if self._options.public_url:
            return self._options.public_url.rstrip("/") + path
        host = environ.get("HTTP_HOST", "")
        if not _host(host):
            host = f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
        return f"{environ['wsgi.url_scheme']}://{host}{path}"

    def _post(self, environ: _Environ, start_response: StartResponse) -> Iterable[bytes]:
        waited: Context | None = environ.get(_WAITED)
        context = waited or Context(environ, self.name, self._state)
        media = self._media_types[environ.get("CONTENT_TYPE") or ""]
        if media is None:
            discard_body(environ)
            status_and_kind = ("415 Unsupported Media Type", "media-type")
            return self._refuse(context, start_response, status_and_kind)
        try:
            if waited is None:
                self._answer(context, media)
            else:
                waited.begin_again()
                self._call(waited)
                del environ[_WAITED]  # a reference cycle: the context holds its environ
        except Exception:
            logger.exception("request %s failed", context.request_id)
            message = self._options.internal_error.format(request_id=context.request_id)
            context.outcome, context.fault = "failed", "internal-error"
            context.out_error = Fault("Server", message)
            self._protocol.serialize(context)
        body, content_type = context.out_document, XML_UTF_8
        if context.charset is not UTF_8:
            body = in_charset(body, context.charset)
            content_type = f"{XML}; charset={context.charset.label}"
        status = OK if context.out_error is None else FAULT
        length = len(body)
        headers = [("Content-Type", content_type), (LENGTH, str(length)), *context.headers_out]
        self._options.finished(context, length)
        start_response(status, headers)
        if isinstance(body, bytes):
            return [body]
        if environ.get(TAKES_FILES):
            return body
        return body.handed_over(self._options.senders)

    def _answer(self, context: Context, media: Media) -> None:
        protocol = self._protocol
        try:
            self._read(context, media)
            protocol.decompose_incoming_envelope(context)
            protocol.deserialize(context)
        except Fault as fault:
            context.out_error = fault
            context.outcome, context.fault = "refused", getattr(fault, "kind", "envelope")
            protocol.serialize(context)
        else:
            try:
                self._call(context)
            except Exception:
                raise
            except BaseException:  # such as Detour: the server will call us again
                context.environ[_WAITED] = context
                raise

    def _call(self, context: Context) -> None:
        """Call the operation with the arguments that were read, and write its result or fault."""
        try:
            context.out_object = context.descriptor.function(context, *context.in_object)
        except WSException as fault:
            context.out_error = fault
        self._protocol.serialize(context)

    def _refuse(
        self,
        context: Context,
        start_response: StartResponse,
        status_and_kind: tuple[str, str],
        *headers: tuple[str, str],
    ) -> list[bytes]:
        """Answer with an HTTP status and no body; the kind, one of KINDS, goes into the log."""
        status, context.fault = status_and_kind
        context.outcome = "refused"
        self._options.finished(context, 0)
        return _empty(start_response, status, *headers, *context.headers_out)

    def _read(self, context: Context, media: Media) -> None:
        """Read and parse the body, and choose the charset of the answer."""
        kind, charset = media
        context.in_string = read_body(context.environ, self._options.max_body)
        context.bytes_in = len(context.in_string)
        if kind == MULTIPART:
            content_type = context.environ["CONTENT_TYPE"]
            context.in_string, charset = root_of(content_type, media, context.in_string)
        if charset is not None and charset.answers:
            context.charset = charset
        self._protocol.create_in_document(context, charset)
        if kind != XML:
            refuse_includes(context.in_document)


def _document(
    environ: _Environ, start_response: StartResponse, status: str, content_type: str, body: bytes
) -> list[bytes]:
    start_response(status, [("Content-Type", content_type), (LENGTH, str(len(body)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _empty(start_response: StartResponse, status: str, *headers: tuple[str, str]) -> list[bytes]:
    start_response(status, [*headers, ("Content-Length", "0")])
    return []
