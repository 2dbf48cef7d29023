"""Passwords that the API has to return: encrypted ("sealed") with AES-GCM if a key is configured.

A sealed password is text: `plain:` and the password, or `aes1:`, the key's id, and base64 of nonce
and ciphertext. What it is bound to (account and field) is authenticated with it, so that a
ciphertext moved to another row does not open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sippulse_ws.wording import WordedError, Wording

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PLAIN = "plain:"
AES = "aes1:"
NONCE = 12
KEY_BYTES = 32


_NO_KEY = Wording("falta a chave para {field} de {account}", "no key for the {field} of {account}")
_CLOSED = Wording("{field} de {account} não abre", "the {field} of {account} does not open")


class VaultError(WordedError):
    """A sealed password cannot be opened with the configured keys."""


def check_key(text: str) -> bytes:
    """The 32 bytes of a base64 key. Raises ValueError."""
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"{KEY_BYTES} bytes in base64 are needed")
    return key


class Vault:
    """Seals with the current key (or not at all), opens with the current and the old ones.

    `shortest` is the least length of a new SIP password; 0: any password.
    """

    def __init__(
        self, key: str | None = None, old_keys: Sequence[str] = (), shortest: int = 0
    ) -> None:
        self.shortest = shortest
        self._keys: dict[str, AESGCM] = {}
        raw_keys = [check_key(text) for text in ([*old_keys, key] if key else old_keys)]
        if raw_keys:
            # large, and without a key nothing of it is needed
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

            self._keys = {_key_id(raw): AESGCM(raw) for raw in raw_keys}
        self._current = _key_id(check_key(key)) if key else None

    @property
    def seals(self) -> bool:
        """Whether passwords are stored encrypted."""
        return self._current is not None

    def has_key(self, key_id: str) -> bool:
        return key_id in self._keys

    def seal(self, password: str, account: str, field: str) -> str:
        if self._current is None:
            return PLAIN + password
        nonce = os.urandom(NONCE)
        data = self._keys[self._current].encrypt(nonce, password.encode(), _bound(account, field))
        return f"{AES}{self._current}:{base64.b64encode(nonce + data).decode()}"

    def open(self, sealed: str | None, account: str, field: str) -> str:
        """The password. Raises VaultError, also for what is no text, as NULL."""
        if not isinstance(sealed, str):
            raise VaultError(_CLOSED.fill(field=field, account=account))
        if sealed.startswith(PLAIN):
            return sealed[len(PLAIN) :]
        key_id, _, data = sealed.removeprefix(AES).partition(":")
        if not sealed.startswith(AES) or key_id not in self._keys:
            raise VaultError(_NO_KEY.fill(field=field, account=account))
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - see above

        try:
            raw = base64.b64decode(data, validate=True)
            opened = self._keys[key_id].decrypt(raw[:NONCE], raw[NONCE:], _bound(account, field))
            return opened.decode()
        except (ValueError, InvalidTag):  # damaged text, or another account's or field's
            raise VaultError(_CLOSED.fill(field=field, account=account)) from None

    def is_current(self, sealed: str) -> bool:
        """Whether sealing it again would change nothing but the nonce."""
        prefix = PLAIN if self._current is None else f"{AES}{self._current}:"
        return sealed.startswith(prefix)


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"sippulse-ws key id" + key).hexdigest()[:8]


def _bound(account: str, field: str) -> bytes:
    return f"{account}\n{field}".encode()
