"""Names of the contract: namespaces, and how a wire name is spelled inside."""

import re

NAMESPACE = "http://service.ws.sippulse.voffice.com.br/"
# of our own SOAP header blocks, docs/api.md
HEADER_NAMESPACE = "urn:sippulse-ws:headers"
SERVICE_NAME = "SipPulse"
BASE_PATH = "/SipPulse/"
SOAP_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"

_word_start = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake_case(wire_name: str) -> str:
    """`blockEntry0303` becomes `block_entry0303`."""
    return _word_start.sub("_", wire_name).lower()
