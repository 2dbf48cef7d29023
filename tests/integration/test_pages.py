"""What a browser and a load balancer see."""

import re
from typing import Any
from urllib.parse import urljoin

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Session
from sippulse_ws.db.schema.revisions import NEWEST
from sippulse_ws.services import SERVICES
from sippulse_ws.services.catalogue import every_operation
from sippulse_ws.web.search_words import search_words
from tests.fixtures.app import TestDatabase
from tests.soap import Soap


@pytest.mark.parametrize(("language", "word"), [("pt", "Operações"), ("en", "Operations")])
def test_the_index_links_every_service_wsdl_and_operation(
    language: str, word: str, app_with: Any
) -> None:
    page = app_with(language=language).http.get("/SipPulse/")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert word in page.text
    assert f'<html lang="{"en" if language == "en" else "pt-BR"}">' in page.text
    for service in SERVICES:
        name = service.__name__
        assert f'<a href="{name}">' in page.text
        assert f'<a href="{name}?wsdl">' in page.text
    for operation in every_operation():
        assert f'<a href="{operation.service}/{operation.name}">' in page.text


@pytest.mark.parametrize("language", ["pt", "en"])
def test_a_service_and_its_operations_are_explained(language: str, app_with: Any) -> None:
    http = app_with(language=language).http
    for service in SERVICES:
        page = http.get(f"/SipPulse/{service.__name__}")
        assert (page.status_code, page.mimetype) == (200, "text/html")
        for operation in service.public_methods:
            assert f'<a href="{service.__name__}/{operation}">' in page.text


@pytest.mark.parametrize("language", ["pt", "en"])
def test_every_link_of_every_page_leads_somewhere(language: str, app_with: Any) -> None:
    http = app_with(language=language).http
    seen: set[str] = set()
    left = ["/SipPulse/", "/SipPulse/nowhere", "/nowhere/at/all"]
    while left:
        path = left.pop()
        page = http.get(path)
        assert (page.status_code == 404) == ("nowhere" in path), path
        if page.mimetype != "text/html":
            continue
        for found in re.findall(r'(?:href|src|action)="([^"#]+)', page.text):
            target = urljoin(path, found)
            if target.startswith("/") and target not in seen and "/api/" not in target:
                seen.add(target)
                left.append(target)
    assert len(seen) > 103 + len(SERVICES)


def test_an_operation_is_explained_whole(app_with: Any) -> None:
    page = app_with(language="pt").http.get("/SipPulse/SubscriberWS/insertSubscriber").text
    assert "Cadastra um assinante novo" in page
    assert "Um administrador do domínio em <code>domain</code>" in page
    for name in ("callLimit", "lowCreditLimit", "passwordPortal", "subscriberId"):
        assert f"<code>{name}</code>" in page
    assert "Assinante já existe: …" in page
    assert "&lt;ns2:insertSubscriber" in page
    page = app_with(language="en").http.get("/SipPulse/CustomerWS/authenticate").text
    assert "no administrator" in page
    assert "data-principal" not in page


def test_the_language_is_the_browsers_unless_it_is_switched(app_with: Any) -> None:
    http = app_with(language="pt").http
    path = "/SipPulse/DidWS"
    assert "Números DID" in http.get(path).text
    english = {"Accept-Language": "en-GB,en;q=0.9,pt;q=0.5"}
    assert "DID numbers" in http.get(path, headers=english).text
    assert "Números DID" in http.get(path, headers={"Accept-Language": "fr"}).text
    assert "Números DID" in http.get(path + "?lang=pt", headers=english).text
    assert "Números DID" in http.get(path, headers=english).text  # as chosen before


def test_an_operation_is_found_by_what_people_call_it() -> None:
    words = {
        ("insertSubscriber", "pt"): "cadastrar criar novo assinante ramal cliente",
        ("insertDid", "pt"): "dar número telefone",
        ("addCredit", "pt"): "adicionar crédito recarga saldo",
        ("blockSubscriber", "pt"): "bloquear suspender",
        ("activateSubscriber", "en"): "unblock enable",
        ("retrieveCredit", "en"): "get balance",
        ("removeSubscriber", "en"): "delete",
        ("updateSubscriberClassV", "en"): "forward",
    }
    operations = {one.name: one for one in every_operation()}
    for (name, language), expected in words.items():
        assert set(expected.split()) <= set(search_words(operations[name], language).split())
    for one in operations.values():  # each has a verb at the least
        for language in ("pt", "en"):
            assert len(search_words(one, language).split()) > 4, one.name


def test_the_index_tells_of_what_every_call_takes_and_where_batches_go(app_with: Any) -> None:
    http = app_with(language="en").http
    page = http.get("/SipPulse/", environ_overrides={"SCRIPT_NAME": "/voice"}).text
    for header in ("Idempotency-Key", "X-Dry-Run", "If-Match"):
        assert f"<code>{header}: " in page
    assert "<code>POST /voice/SipPulse/api/batch</code>" in page


def test_each_input_of_a_form_is_explained(app_with: Any) -> None:
    page = app_with(language="en").http.get("/SipPulse/SubscriberWS/insertSubscriber").text
    described = re.findall(r'<(?:input|select) id="f-([^"]+)" aria-describedby="h-([^"]+)"', page)
    assert len(described) > 40
    for field, told in described:
        assert field == told
        assert re.search(rf'<small id="h-{told}">[^<]', page)


def test_errors_are_listed_with_their_status(app_with: Any) -> None:
    page = app_with(language="en").http.get("/SipPulse/errors").text
    assert re.search(
        r'id="subscriber-exists".*?<td>409</td><td>Subscriber already', page, re.DOTALL
    )
    assert re.search(r'id="login-failed".*?<td>401</td>', page, re.DOTALL)


def test_pages_are_read_only(soap: Soap) -> None:
    for path in ("/SipPulse/", "/SipPulse/DidWS/insertDid", "/SipPulse/errors"):
        answer = soap.http.post(path)
        assert (answer.status_code, answer.data) == (405, b"")


@pytest.mark.parametrize("path", ["/", "/SipPulse"])
def test_shorter_addresses_lead_to_the_index(path: str, soap: Soap) -> None:
    answer = soap.http.get(path)
    # relative, so that it holds under a path that a proxy adds
    assert (answer.status_code, answer.location) == (302, "SipPulse/")
    assert soap.http.get(urljoin(path, answer.location)).status_code == 200


@pytest.mark.parametrize("path", ["/SipPulse/", "/SipPulse/DidWS", "/SipPulse/DidWS/insertDid"])
def test_pages_run_only_our_own_scripts_and_escape_the_host(path: str, soap: Soap) -> None:
    hostile = 'x"><script>alert(1)</script>'
    page = soap.http.get(path, headers={"Host": hostile})
    assert "<script>" not in page.text
    assert not re.search(r"\s(on\w+|style)=", page.text)
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/nothing", "/SipPulse/NoWS", "/SipPulse/SubscriberWS/", "/.env"])
def test_elsewhere_is_a_page_with_the_way_back(path: str, soap: Soap) -> None:
    for answer in (soap.http.get(path), soap.http.post(path)):
        assert (answer.status_code, answer.mimetype) == (404, "text/html")
        (back,) = re.findall(r'<p>[^<]*<a href="([^"]*)">', answer.text)
        assert urljoin(path, back) == "/SipPulse/"


def test_healthz_needs_no_database(soap: Soap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TestDatabase, "reading", None)
    assert (soap.http.get("/healthz").status_code, soap.http.get("/healthz").text) == (200, "ok\n")


def test_readyz_says_when_the_database_is_not_there(
    soap: Soap, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (soap.http.get("/readyz").status_code, soap.http.get("/readyz").text) == (200, "ready\n")
    monkeypatch.setattr(TestDatabase, "reading", None)
    answer = soap.http.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "database unavailable\n")


def test_readyz_says_when_the_schema_is_another_one(soap: Soap, db: Session) -> None:
    db.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
    answer = soap.http.get("/readyz")
    assert answer.status_code == 503
    assert "0000" in answer.text
    assert "db upgrade" in answer.text
    assert NEWEST != "0000"
