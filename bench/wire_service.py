"""The service that bench/wire.py measures, its requests and its results.

a: three strings in, nothing out. b: 50 fields out. c: 50 fields in. d: 1000 x 12 fields out.
"""

from types import SimpleNamespace
from typing import Any

from sippulse_ws.wire.fields import (
    Dto,
    boolean,
    double,
    fields_of,
    integer,
    long,
    nested,
    string,
)
from sippulse_ws.wire.names import NAMESPACE, SOAP_ENVELOPE
from sippulse_ws.wire.rpc import Service, published
from sippulse_ws.wire.types import SubscriberDto, UserPrincipalDto

PRINCIPAL = nested(UserPrincipalDto, "principal")


class LineDto(Dto):
    __type_name__ = "line"

    account_code = string("accountCode")
    active = boolean("active", required=True)
    city = string("city")
    credit = double("credit", required=True)
    description = string("description")
    domain = string("domain")
    extension = integer("extension")
    id = integer("id")
    mobile = long("mobile")
    name = string("name")
    postpaid = boolean("postpaid")
    username = string("username")


SUBSCRIBER_FIELDS = fields_of(SubscriberDto)
LINE_FIELDS = fields_of(LineDto)
SAMPLES = {
    "string": "Rua São José, 48",
    "int": 4830,
    "long": 48999990000,
    "double": 10.25,
    "boolean": True,
}


def sample(fields: list[Any]) -> SimpleNamespace:
    return SimpleNamespace(**{field.attribute: SAMPLES[field.kind] for field in fields})


SUBSCRIBER = sample(SUBSCRIBER_FIELDS)
LINES = [sample(LINE_FIELDS) for _ in range(1000)]


def _add(context: Any, username: str, domain: str, contact: str, principal: Any) -> None:
    assert principal is not None
    assert contact == "sip:48@10.0.0.1"


def _retrieve(context: Any, username: str, domain: str, principal: Any) -> SimpleNamespace:
    assert principal is not None
    return SUBSCRIBER


def _insert(context: Any, subscriber: Any, principal: Any) -> int:
    assert principal is not None
    assert subscriber.voicemail is True
    return 7


def _list(context: Any, domain: str, principal: Any) -> list[SimpleNamespace]:
    assert principal is not None
    return LINES


class BenchWS(Service):
    add = published(_add, [string("username"), string("domain"), string("contact"), PRINCIPAL])
    retrieve = published(
        _retrieve,
        [string("username"), string("domain"), PRINCIPAL],
        nested(SubscriberDto, "return"),
    )
    insert = published(_insert, [nested(SubscriberDto, "subscriber"), PRINCIPAL], integer("id"))
    list = published(_list, [string("domain"), PRINCIPAL], nested(LineDto, "line", many=True))


def _envelope(operation: str, content: str) -> bytes:
    principal = "<principal><login>admin</login><password>secret</password></principal>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{SOAP_ENVELOPE}"'
        f' xmlns:ser="{NAMESPACE}"><soapenv:Body><ser:{operation}>{content}'
        f"{principal}</ser:{operation}></soapenv:Body></soapenv:Envelope>"
    ).encode()


def _text(kind: str) -> str:
    return "true" if kind == "boolean" else str(SAMPLES[kind])


_OWNER = "<username>4830000001</username><domain>sip.example.com.br</domain>"
_SUBSCRIBER = "".join(f"<{f.wire}>{_text(f.kind)}</{f.wire}>" for f in SUBSCRIBER_FIELDS)
REQUESTS = {
    "a": _envelope("add", f"{_OWNER}<contact>sip:48@10.0.0.1</contact>"),
    "b": _envelope("retrieve", _OWNER),
    "c": _envelope("insert", f"<subscriber>{_SUBSCRIBER}</subscriber>"),
    "d": _envelope("list", "<domain>sip.example.com.br</domain>"),
}
