"""The same service on Spyne as it comes."""

from collections.abc import Callable, Iterable

from sippulse_ws.wire.names import NAMESPACE  # isort: skip - makes Spyne importable on 3.12
from spyne import Application
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication

from .wire_service import BenchWS


def application() -> Callable[..., Iterable[bytes]]:
    protocols = {"in_protocol": Soap11(), "out_protocol": Soap11()}
    spyne_application = Application([BenchWS], NAMESPACE, name="BenchWS", **protocols)
    wsgi: Callable[..., Iterable[bytes]] = WsgiApplication(spyne_application)
    return wsgi
