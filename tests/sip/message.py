"""SIP messages, as far as the tests need them."""

import hashlib
import re
from dataclasses import dataclass, field

# Compact forms that Kamailio may pass on.
COMPACT = {
    "v": "via",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "m": "contact",
    "l": "content-length",
}


@dataclass
class Message:
    """A request or response; headers in order, names as they came."""

    start: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    source: tuple[str, int] = ("", 0)

    def __getitem__(self, name: str) -> str:
        return self.all(name)[0]

    def get(self, name: str, default: str = "") -> str:
        return next(iter(self.all(name)), default)

    def all(self, name: str) -> list[str]:
        wanted = name.lower()
        return [value for key, value in self.headers if COMPACT.get(key, key) == wanted]

    @property
    def is_response(self) -> bool:
        return self.start.startswith("SIP/2.0")

    @property
    def status(self) -> int:
        return int(self.start.split()[1])

    @property
    def reason(self) -> str:
        return self.start.split(" ", 2)[2]

    @property
    def method(self) -> str:
        return self["cseq"].split()[1] if self.is_response else self.start.split()[0]

    @property
    def uri(self) -> str:
        return self.start.split()[1]

    def encode(self) -> bytes:
        lines = [self.start, *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, "Content-Length: 0", "", ""]).encode(errors="surrogateescape")


def parse(data: bytes, source: tuple[str, int]) -> Message:
    start, *lines = data.decode(errors="surrogateescape").split("\r\n\r\n")[0].split("\r\n")
    headers = []
    for line in lines:
        name, _, value = line.partition(":")
        if name.lower() not in ("content-length", "l"):
            headers.append((name.strip().lower(), value.strip()))
    return Message(start, headers, source)


def uri_in(value: str) -> str:
    """The URI of a name-addr."""
    found = re.search(r"<([^>]+)>", value)
    return found.group(1) if found else value.split(";", maxsplit=1)[0]


def tag_in(value: str) -> str:
    found = re.search(r";tag=([^;]+)", value)
    return found.group(1) if found else ""


def credentials(challenge: str, username: str, password: str, method: str, uri: str) -> str:
    """The value of (Proxy-)Authorization for a digest challenge without qop."""
    realm, nonce = (_parameter(challenge, name) for name in ("realm", "nonce"))
    ha1 = _md5(f"{username}:{realm}:{password}")
    response = _md5(f"{ha1}:{nonce}:{_md5(f'{method}:{uri}')}")
    return (
        f'Digest username="{username}", realm="{realm}", nonce="{nonce}", uri="{uri}", '
        f'response="{response}"'
    )


def _parameter(challenge: str, name: str) -> str:
    found = re.search(rf'{name}="([^"]+)"', challenge)
    assert found, challenge
    return found.group(1)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
