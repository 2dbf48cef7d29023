"""Namespaces and paths of the contract, and the Python spelling of its names."""

import re

NAMESPACE = "http://service.ws.sippulse.voffice.com.br/"
# Of our own SOAP header blocks, see docs/api.md.
HEADER_NAMESPACE = "urn:sippulse-ws:headers"
SERVICE_NAME = "SipPulse"
BASE_PATH = "/SipPulse/"
SOAP_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"

_word_start = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake_case(wire_name: str) -> str:
    """The Python name: `block_entry0303` for `blockEntry0303`."""
    return _word_start.sub("_", wire_name).lower()
