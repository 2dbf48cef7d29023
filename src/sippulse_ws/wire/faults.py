"""SOAP faults: WSException, which operations raise, and those of malformed requests."""

from spyne import Fault, Unicode

from .lexical import escape
from .names import NAMESPACE, SOAP_ENVELOPE

PROLOG = "<?xml version='1.0' encoding='UTF-8'?>"
ENVELOPE_START = f'{PROLOG}<S:Envelope xmlns:S="{SOAP_ENVELOPE}"><S:Body>'
ENVELOPE_END = "</S:Body></S:Envelope>"


# Why a request is rejected before its operation is called; shown in the log and in the metrics.
KINDS = (
    "media-type",
    "method",
    "body",
    "too-large",
    "charset",
    "multipart",
    "not-xml",
    "doctype",
    "envelope",
    "version",
    "must-understand",
    "unknown-operation",
    "unreadable-value",
)


class WireFault(Fault):
    """A fault of SOAP or HTTP: no operation was called. `kind` is one of KINDS."""

    def __init__(self, code: str, message: str, kind: str) -> None:
        super().__init__(code, message)
        self.kind = kind


class WSException(Fault):
    """The fault that the contract declares; its message is meant for people."""

    __type_name__ = "wsExceptionMessage"
    __namespace__ = NAMESPACE

    class Attributes(Fault.Attributes):
        sub_name = "WSException"

    # in the class a type, for Spyne; in an instance the text
    fault_message: type[Unicode] | str = Unicode.customize(
        sub_name="faultMessage", min_occurs=0, nullable=False
    )

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__("Server", message)
        self.fault_message = message
        self.kind = kind


def client_fault(message: str, kind: str = "envelope") -> WireFault:
    """A fault with the code `Client`, for a malformed request; `kind` is one of KINDS."""
    return WireFault("Client", message, kind)


def render_fault(fault: Fault) -> bytes:
    """The whole response envelope of a fault."""
    message = escape(fault.faultstring)
    detail = ""
    if isinstance(fault, WSException):
        detail = (
            f'<detail><ns2:WSException xmlns:ns2="{NAMESPACE}">'
            f"<faultMessage>{message}</faultMessage></ns2:WSException></detail>"
        )
    return (
        f"{ENVELOPE_START}<S:Fault><faultcode>S:{fault.faultcode}</faultcode>"
        f"<faultstring>{message}</faultstring>{detail}</S:Fault>{ENVELOPE_END}"
    ).encode()
