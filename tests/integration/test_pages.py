"""What a browser and a load balancer see."""

import re
from typing import Any
from urllib.parse import urljoin

import pytest
import sqlalchemy as sa

from sippulse_ws.db import Session
from sippulse_ws.db.schema.revisions import NEWEST
from sippulse_ws.services import SERVICES
from tests.fixtures.app import TestDatabase
from tests.soap import Soap


@pytest.mark.parametrize(("language", "word"), [("pt", "Operações"), ("en", "Operations")])
def test_the_index_links_every_service_and_wsdl(language: str, word: str, app_with: Any) -> None:
    page = app_with(language=language).http.get("/SipPulse/")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert word in page.text
    assert f'<html lang="{language}">' in page.text
    for service in SERVICES:
        name = service.__name__
        assert f'<a href="{name}">' in page.text
        assert f'<a href="{name}?wsdl">' in page.text


@pytest.mark.parametrize(("language", "word"), [("pt", "Operações"), ("en", "Operations")])
def test_a_service_lists_its_operations(language: str, word: str, app_with: Any) -> None:
    http = app_with(language=language).http
    for service in SERVICES:
        page = http.get(f"/SipPulse/{service.__name__}")
        assert (page.status_code, page.mimetype) == (200, "text/html")
        assert word in page.text
        for operation in service.public_methods:
            assert f"<code>{operation}</code> (" in page.text


def test_the_example_gives_every_parameter_and_a_principal_where_there_is_one(soap: Soap) -> None:
    page = soap.http.get("/SipPulse/DidWS").text
    assert "client.service.deleteDid(didId=…, principal=principal)" in page
    assert "principal = {" in page
    page = soap.http.get("/SipPulse/CustomerWS").text
    assert "principal" not in page
    ((operation, parameters),) = re.findall(r"client\.service\.(\w+)\((.*?)\)", page)
    assert f"<code>{operation}</code> ({parameters.replace('=…', '')})" in page


@pytest.mark.parametrize("path", ["/", "/SipPulse"])
def test_shorter_addresses_lead_to_the_index(path: str, soap: Soap) -> None:
    answer = soap.http.get(path)
    # relative, so that it holds under a path that a proxy adds
    assert (answer.status_code, answer.location) == (302, "SipPulse/")
    assert soap.http.get(urljoin(path, answer.location)).status_code == 200


@pytest.mark.parametrize("path", ["/SipPulse/", "/SipPulse/SubscriberWS"])
def test_pages_load_and_run_nothing_and_escape_the_host(path: str, soap: Soap) -> None:
    hostile = 'x"><script>alert(1)</script>'
    page = soap.http.get(path, headers={"Host": hostile})
    assert "<script" not in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert page.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/nothing", "/SipPulse/NoWS", "/SipPulse/SubscriberWS/", "/.env"])
def test_elsewhere_is_nothing(path: str, soap: Soap) -> None:
    for answer in (soap.http.get(path), soap.http.post(path)):
        assert (answer.status_code, answer.text) == (404, "not found\n")


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
