"""The OpenAPI document is valid, and every operation has its path in both languages."""

import json
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from sippulse_ws.services.catalogue import every_operation
from sippulse_ws.services.descriptions import describe_operation
from sippulse_ws.web.openapi import build_openapi, openapi_document
from tests.fixtures.server import Cli


def test_the_document_is_valid_and_complete() -> None:
    document = json.loads(openapi_document())
    validate(document)
    operations = list(every_operation())
    paths = {f"/{one.service}/{one.name}" for one in operations}
    assert set(document["paths"]) == paths | {"/batch"}
    headers = document["components"]["parameters"].values()
    assert {one["name"] for one in headers} == {"Idempotency-Key", "X-Dry-Run", "If-Match"}
    for one in operations:
        told = describe_operation(one).text
        described = document["paths"][f"/{one.service}/{one.name}"]["post"]["description"]
        assert told.en in described
        assert told.pt in described


def test_a_file_names_the_server_and_the_server_s_own_document_is_relative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert json.loads(openapi_document())["servers"] == [{"url": "../api"}]
    file = tmp_path / "api.json"
    cli = Cli(monkeypatch)
    for options, server in (
        ([], "http://localhost:8080/SipPulse/api"),
        (["--url", "https://sip.example/"], "https://sip.example/SipPulse/api"),
    ):
        cli("api", "openapi", str(file), *options)
        document = json.loads(file.read_bytes())
        validate(document)
        assert document["servers"] == [{"url": server}]


def test_the_tags_of_what_is_retrieved_are_described() -> None:
    paths = build_openapi(list(every_operation()))["paths"]
    for one in every_operation():
        done = paths[f"/{one.service}/{one.name}"]["post"]["responses"]["200"]
        assert list(done.get("headers", ())) == (["ETag"] if one.declaration.tag else [])
