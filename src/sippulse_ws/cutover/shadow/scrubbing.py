"""Replaces passwords with pseudonyms before anything is written to the disk.

Equal passwords have equal pseudonyms, made with a key. Without a key file, the key is only in
memory and ends with the process.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Collection
from functools import cache
from pathlib import Path

from lxml import etree

from sippulse_ws.cutover.shadow.messages import SoapMessage
from sippulse_ws.cutover.shadow.operations import KnownOperation, by_name, local_name
from sippulse_ws.wire import types
from sippulse_ws.wire.names import SOAP_ENVELOPE
from sippulse_ws.wording import WordedError, Wording

_KEY_BYTES = 32
# Does not match copyPassertedRpid and bossSecretary.
_SECRET = re.compile(
    r"(?i)passw|passwd|passphrase|senha|secret(?!ar)|segredo|pwd|pin_?code|token|credential"
    r"|^ha1b?$|nonce"
)
_PSEUDONYM = re.compile(r"pw-[0-9a-f]{20}|[1-9][0-9]{8}")
_DIGITS = re.compile(r"[0-9]+")
_SHORT = 4  # characters; shorter passwords are not searched for in other texts
# Fields with free text, which may contain a password.
_FREE = ("faultstring", "faultMessage", "obs", "description", "contextInfo")
_NUMERIC = ("voicemailpassword",)  # of type long in the contract


_BESIDE = Wording(
    "{file}: a chave não pode ficar junto das gravações",
    "{file}: the key must not lie with the recordings",
)
_NO_KEY = Wording(
    "{file}: não é uma chave de {bytes} bytes em hexadecimal",
    "{file}: no key of {bytes} bytes in hexadecimal",
)
_UNREADABLE = Wording("{file}: {reason}", "{file}: {reason}")


class KeyTrouble(WordedError):
    """The key file cannot be used."""


class Pseudonyms:
    def __init__(self, key: bytes | None = None) -> None:
        self.is_lasting = key is not None
        self._key = key or os.urandom(_KEY_BYTES)

    def of(self, secret: str, *, numeric: bool = False) -> str:
        """The pseudonym of a secret; a number if the field is numeric."""
        digest = hmac.new(self._key, secret.encode("utf-8", "surrogatepass"), hashlib.sha256)
        if numeric:
            return str(10**8 + int.from_bytes(digest.digest()[:8]) % (9 * 10**8))
        return f"pw-{digest.hexdigest()[:20]}"

    def digest(self, *parts: str) -> bytes:
        """A keyed digest, to recognize something without storing it."""
        text = "\0".join(parts)
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256)


def load_key(file: Path, recordings: Path) -> bytes:
    """Read the key, or make the file. Raises KeyTrouble if it is in the recordings' folder."""
    if recordings.resolve() in file.resolve().parents:
        raise KeyTrouble(_BESIDE.fill(file=file))
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        try:
            key = bytes.fromhex(file.read_text().strip()) if file.is_file() else b""
        except ValueError:
            key = b""
        if len(key) != _KEY_BYTES:
            raise KeyTrouble(_NO_KEY.fill(file=file, bytes=_KEY_BYTES)) from None
        return key
    except OSError as error:
        raise KeyTrouble(_UNREADABLE.fill(file=file, reason=error.strerror)) from None
    key = os.urandom(_KEY_BYTES)
    with os.fdopen(descriptor, "w") as out:
        out.write(key.hex() + "\n")
    return key


def is_pseudonym(text: str) -> bool:
    return _PSEUDONYM.fullmatch(text) is not None


def is_secret_name(name: str) -> bool:
    return _SECRET.search(name) is not None


def is_numeric_secret(name: str) -> bool:
    return name.lower() in _NUMERIC


def secrets_of(message: SoapMessage, operation: KnownOperation | None) -> set[str]:
    """The passwords in a message, including those in its header."""
    found = {element.text or "" for element in _secret_elements(message, operation)}
    return found - {""}


def scrub(
    message: SoapMessage,
    operation: KnownOperation | None,
    pseudonyms: Pseudonyms,
    known: Collection[str] = (),
) -> str:
    """The text of a message with pseudonyms; changes `message`.

    `known` are secrets seen before, which are replaced in free texts too.
    """
    for element in _secret_elements(message, operation):
        if element.text and element.text.strip() not in ("", "?"):
            numeric = is_numeric_secret(local_name(element)) and bool(
                _DIGITS.fullmatch(element.text.strip())
            )
            element.text = pseudonyms.of(element.text, numeric=numeric)
    for element in message.envelope.iter(etree.Element):
        _scrub_attributes(element, pseudonyms, known)
        if _is_free_text(element, operation):
            element.text = _without(element.text, known, pseudonyms)
        element.tail = _without(element.tail, known, pseudonyms)
    return message.text()


def _secret_elements(
    message: SoapMessage, operation: KnownOperation | None
) -> list[etree._Element]:
    """Elements with secret names and everything below them, and the whole Header."""
    found: list[etree._Element] = []
    whole_result = operation is not None and operation.secret and not message.is_fault
    for element in message.envelope.iter(etree.Element):
        name = local_name(element)
        answered = whole_result and name == "return" and element.getparent() is message.payload
        if answered or (is_secret_name(name) and element is not message.payload):
            found += list(element.iter(etree.Element))
    header = message.envelope.find(f"{{{SOAP_ENVELOPE}}}Header")
    if header is not None:
        found += [one for one in header.iter(etree.Element) if len(one) == 0]
    return list(dict.fromkeys(found))


def _is_free_text(element: etree._Element, operation: KnownOperation | None) -> bool:
    """Whether the element has free text, which may contain a password."""
    name = local_name(element)
    if name in _FREE or operation is None:
        return True
    return name.lower() not in _contract_names()


@cache
def _contract_names() -> frozenset[str]:
    """The names of all fields in lower case; values of other elements may be anything."""
    models = [one for one in vars(types).values() if hasattr(one, "_type_info")]
    names = {name for model in models for name in by_name(model)}
    return frozenset(names - {one.lower() for one in _FREE})


def _scrub_attributes(
    element: etree._Element, pseudonyms: Pseudonyms, known: Collection[str]
) -> None:
    for name, value in element.attrib.items():
        text = str(value)
        if is_secret_name(str(etree.QName(name).localname)):
            element.set(name, pseudonyms.of(text))
        elif (clean := _without(text, known, pseudonyms)) != text:
            element.set(name, clean or "")


def _without(text: str | None, known: Collection[str], pseudonyms: Pseudonyms) -> str | None:
    """The text without secrets; very short ones stay, since they may be ordinary words."""
    if not text or text.isspace():
        return text
    found = [one for one in known if len(one) >= _SHORT and one in text]
    for secret in sorted(found, key=len, reverse=True):
        text = text.replace(secret, pseudonyms.of(secret))
    return text
