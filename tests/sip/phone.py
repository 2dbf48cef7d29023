"""A telephone on loopback: registers, calls, and answers as it was told."""

import queue
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.sip.message import Message, credentials, parse, tag_in, uri_in

SECONDS = 10
BRANCH = "z9hG4bK"


@dataclass
class Call:
    """A call this phone made: its final response, and what is needed to end it."""

    response: Message
    caller: "Phone"
    headers: list[tuple[str, str]]
    uri: str

    @property
    def status(self) -> int:
        return self.response.status

    def hang_up(self) -> int:
        return self.caller.within(self, "BYE").status


@dataclass
class Phone:
    """`on_invite` is the status it answers calls with, after `rings` seconds; 180 rings on, and 0
    is silence. `byes` are the moments at which the other side hung up."""

    username: str
    domain: str
    password: str
    proxy: tuple[str, int]
    address: str = "127.0.0.1"
    on_invite: int = 200
    rings: float = 0
    invites: list[Message] = field(default_factory=list)
    cancelled: threading.Event = field(default_factory=threading.Event)
    byes: list[float] = field(default_factory=list)
    contact_address: str = ""  # where it says to be

    def __post_init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((self.address, 0))
        self.port: int = self._socket.getsockname()[1]
        self._responses: dict[str, queue.Queue[Message]] = {}
        self._closed = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def contact(self) -> str:
        place = self.contact_address or f"{self.address}:{self.port}"
        return f"sip:{self.username}@{place}"

    @property
    def account(self) -> str:
        return f"sip:{self.username}@{self.domain}"

    def close(self) -> None:
        self._closed = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", (self.address, self.port))
        self._thread.join()
        self._socket.close()

    def register(self, expires: int = 600, password: str | None = None) -> int:
        """The status of the answer to our credentials."""
        headers = [("Contact", f"<{self.contact}>"), ("Expires", str(expires))]
        uri = f"sip:{self.domain}"
        return self._converse("REGISTER", uri, self.account, headers, password)[0].status

    def call(
        self,
        target: str,
        sender: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        method: str = "INVITE",
    ) -> Call:
        """Call a SIP URI, or a number of the own domain; waits for the end of the ringing."""
        uri = target if target.startswith("sip:") else f"sip:{target}@{self.domain}"
        extra = list(({"Contact": f"<{self.contact}>"} | dict(headers)).items())
        response, sent = self._converse(method, uri, uri, extra, None, sender)
        call = Call(response, self, sent, uri)
        if method == "INVITE" and 200 <= response.status < 300:
            self.within(call, "ACK")
        return call

    def within(self, call: Call, method: str) -> Message:
        """Send a request inside a call that was answered."""
        number = int(dict(call.headers)["CSeq"].split()[0]) + (method != "ACK")
        headers = [(name, value) for name, value in call.headers if name in ("From", "Call-ID")]
        headers += [("To", call.response["to"]), ("CSeq", f"{number} {method}")]
        headers += [("Route", route) for route in reversed(call.response.all("record-route"))]
        return self._send(method, uri_in(call.response["contact"]), headers)

    def hang_up(self, invite: Message) -> int:
        """End a call that this phone answered."""
        headers = [
            ("From", f"{invite['to']};tag={self.port}"),
            ("To", invite["from"]),
            ("Call-ID", invite["call-id"]),
            ("CSeq", "1 BYE"),
            *(("Route", route) for route in invite.all("record-route")),
        ]
        return self._send("BYE", uri_in(invite["contact"]), headers).status

    def wait_for_bye(self, seconds: float = SECONDS) -> float:
        """When the other side hung up, by the monotonic clock."""
        deadline = time.monotonic() + seconds
        while not self.byes and time.monotonic() < deadline:
            time.sleep(0.02)
        assert self.byes, f"{self.username} got no BYE"
        return self.byes[-1]

    def wait_for_call(self, seconds: float = SECONDS) -> Message:
        deadline = time.monotonic() + seconds
        while not self.invites and time.monotonic() < deadline:
            time.sleep(0.02)
        assert self.invites, f"{self.username} was not called"
        return self.invites[-1]

    def _converse(
        self,
        method: str,
        uri: str,
        to: str,
        extra: list[tuple[str, str]],
        password: str | None,
        sender: str | None = None,
    ) -> tuple[Message, list[tuple[str, str]]]:
        """Send a request, and again with credentials when it is challenged."""
        call_id, tag = secrets.token_hex(8), secrets.token_hex(4)
        usual = {
            "From": f"<{sender or self.account}>;tag={tag}",
            "To": f"<{to}>",
            "Call-ID": call_id,
            "CSeq": f"1 {method}",
            "User-Agent": "sippulse-ws tests",
        }
        headers = [*((n, v) for n, v in usual.items() if n not in dict(extra)), *extra]
        response = self._send(method, uri, headers)
        if response.status in (401, 407):
            kind = "WWW-Authenticate" if response.status == 401 else "Proxy-Authenticate"
            answer = "Authorization" if response.status == 401 else "Proxy-Authorization"
            secret = self.password if password is None else password
            proof = credentials(response[kind], self.username, secret, method, uri)
            headers = [(n, f"2 {method}" if n == "CSeq" else v) for n, v in headers]
            headers.append((answer, proof))
            response = self._send(method, uri, headers)
        return response, headers

    def _send(self, method: str, uri: str, headers: list[tuple[str, str]]) -> Message:
        """The final response; an ACK has none, and gives itself."""
        via = f"SIP/2.0/UDP {self.address}:{self.port};branch={BRANCH}{secrets.token_hex(8)};rport"
        request = Message(
            f"{method} {uri} SIP/2.0", [("Via", via), ("Max-Forwards", "70"), *headers]
        )
        answers: queue.Queue[Message] = queue.Queue()
        self._responses[dict(headers)["Call-ID"]] = answers
        self._socket.sendto(request.encode(), self.proxy)
        if method == "ACK":
            return request
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                response = answers.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                raise TimeoutError(f"no final answer to {request.start}") from None
            if response.status >= 200 and response.method == method:
                break
        if method == "INVITE" and response.status >= 300:
            self._acknowledge(request, response)
        return response

    def _acknowledge(self, request: Message, response: Message) -> None:
        """ACK of a refusal: the same transaction."""
        number = dict(request.headers)["CSeq"].split()[0]
        kept = [
            (n, v) for n, v in request.headers if n in ("Via", "From", "Call-ID", "Max-Forwards")
        ]
        headers = [*kept, ("To", response["to"]), ("CSeq", f"{number} ACK")]
        self._socket.sendto(Message(f"ACK {request.uri} SIP/2.0", headers).encode(), self.proxy)

    def _listen(self) -> None:
        while not self._closed:
            data, source = self._socket.recvfrom(65535)
            if not data.strip():
                continue
            message = parse(data, source)
            if message.is_response:
                if answers := self._responses.get(message["call-id"]):
                    answers.put(message)
            else:
                self._reactions().get(message.method, self._accept)(message)

    def _reactions(self) -> dict[str, Callable[[Message], None]]:
        return {
            "INVITE": self._invited,
            "CANCEL": self._cancelled,
            "ACK": lambda _: None,
            "BYE": self._left,
        }

    def _invited(self, invite: Message) -> None:
        if any(one["via"] == invite["via"] for one in self.invites):
            return  # sent again
        self.invites.append(invite)
        if self.on_invite == 0:
            return
        self._answer(invite, 180)
        if self.on_invite != 180:
            time.sleep(self.rings)
            self._answer(invite, self.on_invite)

    def _cancelled(self, cancel: Message) -> None:
        self._answer(cancel, 200)
        if self.invites and self.on_invite == 180:
            self._answer(self.invites[-1], 487)
        self.cancelled.set()

    def _left(self, bye: Message) -> None:
        self.byes.append(time.monotonic())
        self._answer(bye, 200)

    def _accept(self, request: Message) -> None:
        self._answer(request, 200)

    def _answer(self, request: Message, status: int) -> None:
        copied = ("via", "record-route", "from", "call-id", "cseq")
        headers = [(name, value) for name, value in request.headers if name in copied]
        to = request["to"]
        headers.append(("To", to if tag_in(to) else f"{to};tag={self.port}"))
        headers.append(("Contact", f"<{self.contact}>"))
        response = Message(f"SIP/2.0 {status} {REASONS.get(status, 'Whatever')}", headers)
        self._socket.sendto(response.encode(), request.source)


REASONS = {
    180: "Ringing",
    200: "OK",
    503: "Service Unavailable",
    486: "Busy Here",
    487: "Request Terminated",
}
