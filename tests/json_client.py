"""JSON as the tests speak it, straight into the WSGI application."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.test import Client as WsgiClient

from tests.soap import Soap


class JsonClient:
    """`api("SubscriberWS", "retrieveSubscriber", username=…, domain=…)`: the werkzeug response."""

    def __init__(self, soap: Soap) -> None:
        self.http = WsgiClient(soap.app)
        self.principal = soap.principal

    def __call__(
        self,
        service: str,
        operation: str,
        *,
        headers: dict[str, str] | None = None,
        principal: dict[str, str] | None = None,
        **members: Any,
    ) -> Any:
        return self.post(f"{service}/{operation}", members, headers, principal)

    def post(
        self,
        path: str,
        body: Any,
        headers: dict[str, str] | None = None,
        principal: dict[str, str] | None = None,
    ) -> Any:
        who = principal or self.principal
        return self.http.post(
            f"/SipPulse/api/{path}",
            data=body if isinstance(body, bytes) else json.dumps(body).encode(),
            content_type="application/json",
            headers=headers or {},
            auth=(who["login"], who["password"]),
        )

    def result(self, service: str, operation: str, **members: Any) -> Any:
        """What a call that must succeed returns."""
        answer = self(service, operation, **members)
        assert answer.status_code == 200, answer.data
        assert answer.content_type == "application/json"
        return answer.json

    def problem(self, service: str, operation: str, **members: Any) -> tuple[int, str, str | None]:
        """Status, code and field of the problem in which a call must end."""
        return problem_of(self(service, operation, **members))


def problem_of(answer: Any) -> tuple[int, str, str | None]:
    assert answer.content_type == "application/problem+json", answer.data
    document = json.loads(answer.data)
    assert document["status"] == answer.status_code
    assert document["type"].endswith("#" + document["code"])
    assert document["requestId"] == answer.headers["X-Request-Id"]
    return answer.status_code, document["code"], document.get("field")
