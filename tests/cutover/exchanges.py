"""Exchanges as a wiretap hears them, and a server that is asked again, without any socket."""

import asyncio
from collections.abc import Callable, Iterable
from time import monotonic

from sippulse_ws.cutover.shadow.exchange import Exchange, HttpMessage
from sippulse_ws.cutover.shadow.mirror import Mirror, Mirrored
from tests.cutover.standin import XML, account
from tests.soap import ENVELOPE, principal_xml

PRINCIPAL = principal_xml({"login": "bench", "password": "a-Secret-0"})
ANSWER = (
    '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>'
    '<n:{operation}Response xmlns:n="http://services/"><return>{value}</return>'
    "</n:{operation}Response></S:Body></S:Envelope>"
)


def message(text: str, content_type: str = XML) -> HttpMessage:
    made = HttpMessage(headers=[(b"Content-Type", content_type.encode())], complete=True)
    made.add(text.encode())
    return made


def exchange(
    operation: str, username: str, value: str = "", *, answer: str = "1.0", ended: float = 0.0
) -> Exchange:
    """Of an operation about an account, answered at that moment."""
    body = account(username) + (f"<value>{value}</value>" if value else "") + PRINCIPAL
    made = Exchange("127.0.0.1", "POST", "/SipPulse/SubscriberWS", "1.1", monotonic())
    made.request = message(ENVELOPE.format(operation=operation, body=body))
    made.answer = message(ANSWER.format(operation=operation, value=answer))
    made.status, made.ended = 200, ended or monotonic()
    made.sent = made.began
    return made


class SilentMirror(Mirror):
    """Answers when it is told to, by what `answering` makes of a request."""

    def __init__(self, answering: Callable[[str], str]) -> None:
        super().__init__("http://127.0.0.1:1", 4)
        self.speaks = asyncio.Event()
        self.asked: list[str] = []
        self._answering = answering

    async def send(
        self,
        target: str,
        headers: Iterable[tuple[str, str]],
        body: bytes,
        *,
        changes: bool,
        method: str = "POST",
    ) -> Mirrored:
        self.asked.append(body.decode())
        await self.speaks.wait()
        return Mirrored(200, message(self._answering(body.decode())), 1.0)
