"""A Postman (and Insomnia) collection of the JSON API, in the format v2.1."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sippulse_ws.services.catalogue import PublishedOperation
from sippulse_ws.services.descriptions import describe_operation, example_arguments
from sippulse_ws.web.openapi import both
from sippulse_ws.web.samples import CURRENT_PASSWORD, PROVISIONING, in_running_order

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
# The collection creates a subscriber of its own, which is not one of the demo data.
OWN_USERNAME = "postman-4000"
_NO_FAULT = [
    "pm.test('no fault', () => pm.response.to.have.status(200));",
    "pm.test('JSON', () => pm.response.to.be.json);",
]


def postman_collection(operations: Sequence[PublishedOperation], url: str) -> bytes:
    """The collection; `url` is the server's, login and password are variables to fill in."""
    known = {(one.service, one.name): one for one in operations}
    folders = [
        {
            "name": "Provision, check and clean up",
            "item": [_item(known[key], OWN_USERNAME) for key in PROVISIONING],
        }
    ]
    for service in _in_running_order(operations):
        mine = [one for one in in_running_order(operations) if one.service == service]
        folders.append({"name": service, "item": [_item(one) for one in mine]})
    collection = {
        "info": {"name": "sippulse-ws", "schema": SCHEMA},
        "item": folders,
        "auth": {
            "type": "basic",
            "basic": [
                {"key": "username", "value": "{{login}}", "type": "string"},
                {"key": "password", "value": "{{password}}", "type": "string"},
            ],
        },
        "variable": [
            {"key": "url", "value": url},
            {"key": "login", "value": "demo"},
            {"key": "password", "value": ""},
            {"key": "subscriberPassword", "value": ""},
        ],
    }
    return json.dumps(collection, ensure_ascii=False, indent=1).encode()


def _in_running_order(operations: Sequence[PublishedOperation]) -> list[str]:
    """Services in an order that works: SubscriberWS, which removes what others need, comes last."""
    services = dict.fromkeys(one.service for one in operations)
    return sorted(services, key=lambda one: (one == "SubscriberWS", one != "ReloadModulesWS"))


def _item(one: PublishedOperation, username: str | None = None) -> dict[str, Any]:
    arguments = example_arguments(one)
    if username is not None:
        arguments = _renamed(arguments, username)
    body = json.dumps(arguments, ensure_ascii=False, indent=2)
    body = body.replace(CURRENT_PASSWORD, "{{subscriberPassword}}")
    path = ["SipPulse", "api", one.service, one.name]
    return {
        "name": f"{one.service} {one.name}",
        "request": {
            "method": "POST",
            "header": [{"key": "Content-Type", "value": "application/json"}],
            "url": {"raw": "{{url}}/" + "/".join(path), "host": ["{{url}}"], "path": path},
            "body": {"mode": "raw", "raw": body, "options": {"raw": {"language": "json"}}},
            "description": both(describe_operation(one).text),
        },
        "event": [{"listen": "test", "script": {"type": "text/javascript", "exec": _NO_FAULT}}],
    }


def _renamed(value: Any, username: str) -> Any:
    if not isinstance(value, dict):
        return value
    return {
        name: username if name == "username" else _renamed(one, username)
        for name, one in value.items()
    }
