"""A service on Spyne as it comes."""

from collections.abc import Callable, Iterable

from sippulse_ws.wire.names import NAMESPACE  # isort: skip - makes Spyne importable on 3.12
import cgi  # from 3.13 on the wire's stand-in, which lacks what stock Spyne calls

from spyne import Application, ServiceBase
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication


def _parse_header(line: str) -> tuple[str, dict[str, str]]:
    media_type, *parameters = line.split(";")
    return media_type, dict(parameter.strip().split("=", 1) for parameter in parameters)


if not hasattr(cgi, "parse_header"):
    cgi.parse_header = _parse_header


def application(service: type[ServiceBase]) -> Callable[..., Iterable[bytes]]:
    return WsgiApplication(
        Application(
            [service],
            NAMESPACE,
            name=service.__name__,
            in_protocol=Soap11(),
            out_protocol=Soap11(),
        )
    )
