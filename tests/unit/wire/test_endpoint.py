"""HTTP: methods, media types, bodies, the WSDL's address, and what goes wrong inside."""

import io
import logging
import re
from typing import Any

import pytest
from lxml import etree

from sippulse_ws.wire.endpoint import Endpoint, Options
from sippulse_ws.wire.faults import client_fault
from sippulse_ws.wire.rpc import Service, published

from .soap import PRINCIPAL, Client, envelope

LOCATION = re.compile(r'location="([^"]*)"')


@pytest.fixture
def client() -> Client:
    return Client("DomainWS", [])


# --- methods and media types ---------------------------------------------------------------


def own_records(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """What this program logged; other tests' libraries may log at any moment."""
    return [one for one in caplog.records if one.name.startswith("sippulse_ws")]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_other_methods_are_told_which_ones_there_are(client: Client, method: str) -> None:
    response = client.request(REQUEST_METHOD=method)
    assert (response.code, response.body) == (405, b"")
    assert response.headers["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/xml",
        "application/soap+xml; charset=utf-8",
        "text/plain",
        "xtext/xml",
        "application/text/xml",
        "garbage",
        "text/xml; charset=no-such",
        "text/xml; charset=rot13",
        "text/xml; charset=idna",
        "text/xml; charset=utf-7",
        "text/xml; charset=unicode_escape",
        "text/xml; charset=\x00",
        "text/xml; charset=é",
    ],
)
def test_other_media_types_and_charsets_are_unsupported(client: Client, content_type: str) -> None:
    response = client.call("listDomains", PRINCIPAL, CONTENT_TYPE=content_type)
    assert (response.code, response.body) == (415, b"")
    assert client.state.args == ()


def test_an_unsupported_body_is_read_away(client: Client) -> None:
    stream = io.BytesIO(b"x" * 200_000)
    environ = {"CONTENT_LENGTH": "200000", "wsgi.input": stream, "CONTENT_TYPE": "text/plain"}
    assert client.request(b"", **environ).code == 415
    assert stream.read() == b""


def test_an_answer_has_a_type_and_a_length(client: Client) -> None:
    response = client.call("listDomains", PRINCIPAL)
    assert response.status == "200 OK"
    assert response.headers == {
        "Content-Type": "text/xml; charset=utf-8",
        "Content-Length": str(len(response.body)),
        "X-Request-Id": client.state.context.request_id,
    }


def test_headers_and_query_of_a_post_do_not_matter(client: Client) -> None:
    environ = {
        "QUERY_STRING": "wsdl=",
        "HTTP_SOAPACTION": '"urn:other"',
        "HTTP_AUTHORIZATION": "Basic eDp5",
        "SERVER_PROTOCOL": "HTTP/1.0",
    }
    assert client.call("listDomains", PRINCIPAL, **environ).code == 200


# --- bodies --------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [None, ""])
def test_a_body_of_unknown_length_is_read_to_its_end(client: Client, length: str | None) -> None:
    chunked = {"CONTENT_LENGTH": length, "wsgi.input_terminated": True}
    assert client.call("listDomains", PRINCIPAL, **chunked).code == 200


def test_a_body_whose_end_nobody_knows_is_not_waited_for(client: Client) -> None:
    class Endless(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            assert size == 0
            return b""

    environ: dict[str, Any] = {"CONTENT_LENGTH": "", "wsgi.input": Endless()}
    assert client.request(**environ).fault[0] == "S:Client"


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_read_away_and_refused(chunked: bool) -> None:
    body = envelope("listDomains", PRINCIPAL)
    client = Client("DomainWS", [], max_body=len(body))
    environ = {"CONTENT_LENGTH": "", "wsgi.input_terminated": True} if chunked else {}
    assert client.request(body, **environ).code == 200
    client.state.args = ()
    stream = io.BytesIO(body + b" " * 200_000)
    environ |= {"wsgi.input": stream}
    if not chunked:
        environ["CONTENT_LENGTH"] = str(len(body) + 200_000)
    code, message = client.request(body, **environ).fault
    assert code == "S:Client"
    assert message.endswith(f"larger than {len(body)} bytes")
    assert stream.read() == b""
    assert client.state.args == ()


def test_no_more_than_the_limit_is_held_in_memory(client: Client) -> None:
    sizes = []

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            sizes.append(size or 0)
            return super().read(size)

    environ: dict[str, Any] = {"CONTENT_LENGTH": str(10**12), "wsgi.input": Watched(b"<a/>")}
    assert client.request(b"", **environ).fault[0] == "S:Client"
    assert 0 < max(sizes) <= Options().max_body + 1


def test_the_limit_is_ten_mebibytes_by_default() -> None:
    assert Options().max_body == 10 * 1024 * 1024


@pytest.mark.parametrize("length", ["x", "-5", "1e3", "9" * 30, "\u0664"])
@pytest.mark.parametrize("content_type", ["text/xml", "text/plain"])
def test_a_bad_content_length_is_harmless(client: Client, length: str, content_type: str) -> None:
    environ = {"CONTENT_LENGTH": length, "CONTENT_TYPE": content_type}
    assert client.call("listDomains", "", **environ).code in (500, 415)
    assert client.state.args == ()


@pytest.mark.parametrize("content_type", ["text/xml", "text/plain"])
def test_a_request_that_breaks_off_is_the_clients_fault(
    client: Client, content_type: str, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise ConnectionResetError

    environ: dict[str, Any] = {
        "wsgi.input": Broken(),
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": "9",
    }
    assert client.request(**environ).code in (500, 415)
    assert not own_records(caplog)


# --- GET -----------------------------------------------------------------------------------


def get(client: Client, query: str = "wsdl", **environ: Any) -> Any:
    return client.request(REQUEST_METHOD="GET", QUERY_STRING=query, **environ)


@pytest.mark.parametrize("query", ["wsdl", "WSDL", "wsdl=1", "Wsdl=", "a=1&wsdl"])
def test_the_wsdl_is_at_the_question_mark(client: Client, query: str) -> None:
    response = get(client, query)
    assert response.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert response.root.tag == "{http://schemas.xmlsoap.org/wsdl/}definitions"


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({"HTTP_HOST": "pbx.example.com"}, "http://pbx.example.com/SipPulse/SomeWS"),
        ({"HTTP_HOST": "[2001:db8::1]:81"}, "http://[2001:db8::1]:81/SipPulse/SomeWS"),
        ({"HTTP_HOST": "h", "wsgi.url_scheme": "https"}, "https://h/SipPulse/SomeWS"),
        ({"SCRIPT_NAME": "/SipPulse/X", "PATH_INFO": ""}, "http://internal:8080/SipPulse/X"),
        ({"HTTP_HOST": '"><a b="'}, "http://internal:8080/SipPulse/SomeWS"),
        ({"HTTP_HOST": "h", "PATH_INFO": '/"<&\xe9'}, "http://h/%22%3C%26%E9"),
        ({"HTTP_HOST": "h", "PATH_INFO": "/\u4e2d"}, "http://h/%3F"),
    ],
)
def test_the_wsdl_says_how_the_client_reached_us(
    client: Client, environ: dict[str, str], address: str
) -> None:
    get(client, HTTP_HOST="earlier.example.com")
    assert LOCATION.findall(get(client, **environ).body.decode()) == [address]


def test_a_public_url_wins_over_the_host() -> None:
    client = Client("DomainWS", public_url="https://api.example.com/&/")
    body = get(client, HTTP_HOST="other").body.decode()
    assert LOCATION.findall(body) == ["https://api.example.com/&amp;/SipPulse/SomeWS"]


def test_a_head_has_no_body(client: Client) -> None:
    response = client.request(REQUEST_METHOD="HEAD", QUERY_STRING="wsdl")
    assert (response.code, response.body) == (200, b"")
    assert response.headers["Content-Length"] == str(len(get(client).body))


def page(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/html")])
    return [environ["PATH_INFO"].encode()]


@pytest.mark.parametrize("query", ["", "a=wsdl", "xsd", "XSD=1", "x=y&xsd=1", "single"])
def test_any_other_get_is_the_pages(query: str) -> None:
    assert get(Client("DomainWS", page=page), query).body == b"/SipPulse/SomeWS"
    assert get(Client("DomainWS"), query).code == 404


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_schema_is_published_by_itself_under_one_query(method: str) -> None:
    client = Client("DomainWS", page=page)
    response = client.request(REQUEST_METHOD=method, QUERY_STRING="xsd=1")
    assert response.status == "200 OK"
    assert response.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert response.headers["Content-Length"] == str(len(client.endpoint.schema))
    assert response.body == (client.endpoint.schema if method == "GET" else b"")


@pytest.mark.parametrize("query", ["xsd=", "xsd=2", "xsd=1&x=y", "xsd=%31", "xsd=SubscriberWS.xsd"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_no_other_schema_is_there(method: str, query: str) -> None:
    response = Client("DomainWS", page=page).request(REQUEST_METHOD=method, QUERY_STRING=query)
    assert response.code == 404
    assert response.headers["Content-Type"].startswith("text/html")
    assert bool(response.body) == (method == "GET")


def test_an_endpoint_tells_its_name_paths_operations_and_wsdl() -> None:
    endpoint = Client("WhiteListWS").endpoint
    assert endpoint.name == "WhiteListWS"
    assert endpoint.paths == ("/SipPulse/WhiteListWS", "/SipPulse/WhitelistWS")
    names = ["deleteWhiteList", "deletetWhiteList", "insertWhiteList", "listWhiteList"]
    assert list(endpoint.operations) == names
    assert endpoint.operations["listWhiteList"] == ("username", "domain", "principal")
    assert LOCATION.findall(endpoint.wsdl("urn:here").decode()) == ["urn:here"]


def test_a_service_is_found_at_its_own_name() -> None:
    class EmptyWS(Service):
        nothing = published(lambda context: None)

    assert Endpoint(EmptyWS, Options(), None).paths == ("/SipPulse/EmptyWS",)


# --- what goes wrong inside ----------------------------------------------------------------

SECRET = "s3cret-in-the-envelope"


@pytest.mark.parametrize(
    "error", [KeyError("boom"), client_fault("boom"), RecursionError("boom"), OSError("boom")]
)
def test_an_unexpected_error_shows_nothing_but_the_request_id(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(args: Any) -> None:
        raise error

    client = Client("SubscriberWS", fail, internal_error="Erro interno ({request_id})")
    response = client.call("addCredit", f"<obs>{SECRET}</obs>")
    request_id = client.state.context.request_id
    assert response.fault == ("S:Server", f"Erro interno ({request_id})")
    assert b"boom" not in response.body
    (record,) = own_records(caplog)
    assert record.levelno == logging.ERROR
    assert request_id in record.getMessage()
    assert "boom" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("operation", "returns"),
    [
        ("listDomains", 5),
        ("listDomains", [object()]),
        ("listDomains", (1 / 0 for _ in [0])),
    ],
)
def test_a_result_that_cannot_be_written_is_an_internal_error(
    operation: str, returns: Any, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client("DomainWS", returns)
    assert client.call(operation, "").fault[0] == "S:Server"
    assert len(own_records(caplog)) == 1


def test_an_endpoint_serves_on_after_an_error(client: Client) -> None:
    client.state.answer = lambda context, args: 1 / 0
    assert client.call("listDomains", "").code == 500
    client.state.answer = lambda context, args: []
    assert client.call("listDomains", "").code == 200


def test_request_ids_differ(client: Client) -> None:
    ids = set()
    for _ in range(3):
        client.call("listDomains", "")
        ids.add(client.state.context.request_id)
    assert len(ids) == 3


def test_a_dto_shows_no_password_when_it_is_logged() -> None:
    client = Client("DomainWS", [])
    client.call("listDomains", PRINCIPAL)
    assert repr(client.state.args[0]) == "<UserPrincipalDto>"


def test_wsdls_are_the_same_each_time() -> None:
    first, second = (Client("SubscriberWS").endpoint.wsdl("urn:x") for _ in range(2))
    assert first == second
    assert etree.fromstring(first) is not None
