"""SOAP faults: the business fault that services raise, and those of the wire itself."""

from spyne import Fault, Unicode

from .lexical import escape
from .names import NAMESPACE, SOAP_ENVELOPE

ENVELOPE_START = (
    f"<?xml version='1.0' encoding='UTF-8'?><S:Envelope xmlns:S=\"{SOAP_ENVELOPE}\"><S:Body>"
)
ENVELOPE_END = "</S:Body></S:Envelope>"


class WSException(Fault):  # type: ignore[misc]
    """The fault that the contract declares; its message is for the client to read."""

    __type_name__ = "wsExceptionMessage"
    __namespace__ = NAMESPACE

    class Attributes(Fault.Attributes):  # type: ignore[misc]
        sub_name = "WSException"

    fault_message = Unicode.customize(sub_name="faultMessage", min_occurs=0, nullable=False)

    def __init__(self, message: str) -> None:
        super().__init__("Server", message)
        self.fault_message = message


def client_fault(message: str) -> Fault:
    """The request cannot be understood."""
    return Fault("Client", message)


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
