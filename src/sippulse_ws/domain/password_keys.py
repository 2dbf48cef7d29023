"""Checks that this process has the key with which stored passwords are encrypted.

The database has a canary: a text encrypted with the current key, or a note that nothing was
encrypted when the tables were checked. Without the canary's key nothing may start or be stored, or
there would be clear passwords beside encrypted ones.
"""

from __future__ import annotations

from time import monotonic

from sqlalchemy import insert, select, update

from sippulse_ws.db.statements import Session
from sippulse_ws.domain.errors_guard import KeyMissing
from sippulse_ws.domain.vault import AES, PLAIN, Vault, VaultError
from sippulse_ws.models import Reseller, StoredSetting, Subscriber

CANARY = "password_canary"
_TEXT = "canary"
LOOK_SECONDS = 5.0  # another process may have begun to encrypt meanwhile

_stored = select(StoredSetting.value).where(StoredSetting.name == CANARY)
_SEALED = (Subscriber.password, Subscriber.password_portal, Reseller.password)


def check_key(db: Session, vault: Vault) -> None:
    """Raise KeyMissing if stored passwords cannot be decrypted, or would be stored in the clear."""
    canary = db.scalar(_stored)
    if canary is None:
        canary = _first_sealed(db) or PLAIN
    _require(vault, canary)


def note_key(db: Session, vault: Vault) -> None:
    """`check_key`, then store the canary: from now on the current key is required."""
    canary = db.scalar(_stored)
    if canary is None:
        _require(vault, _first_sealed(db) or PLAIN)
        made = vault.seal(_TEXT, CANARY, _TEXT)
        db.execute(insert(StoredSetting).values(name=CANARY, value=made))
        return
    _require(vault, canary)
    if canary.startswith(PLAIN) and not vault.is_current(canary):
        replace_canary(db, vault)


def replace_canary(db: Session, vault: Vault) -> None:
    """Store a new canary, after `db rekey` has encrypted everything with the current key."""
    made = vault.seal(_TEXT, CANARY, _TEXT)
    same = StoredSetting.name == CANARY
    if db.execute(update(StoredSetting).where(same).values(value=made)).rowcount == 0:
        db.execute(insert(StoredSetting).values(name=CANARY, value=made))


class KeyWatch:
    """The vault of a process, given out only after checking that its key is the database's.

    The first check looks through every table; later ones read the canary every few seconds, since
    another process may have begun to encrypt.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._asked: float | None = None

    def checked(self, db: Session) -> Vault:
        """The vault. Raises KeyMissing if its key is not the database's."""
        if self._asked is None:
            check_key(db, self._vault)
        elif monotonic() - self._asked >= LOOK_SECONDS:
            _require(self._vault, db.scalar(_stored) or PLAIN)
        else:
            return self._vault
        self._asked = monotonic()
        return self._vault

    def check_now(self, db: Session) -> None:
        """Check now rather than every few seconds; for /readyz."""
        if self._asked is not None:
            self._asked = float("-inf")
        self.checked(db)


def _require(vault: Vault, canary: str) -> None:
    if canary.startswith(PLAIN):
        return
    key = canary.removeprefix(AES).partition(":")[0]
    try:
        if canary.endswith(":"):  # of a password, whose account is not at hand
            opened = vault.has_key(key)
        else:
            opened = vault.open(canary, CANARY, _TEXT) == _TEXT
    except VaultError:
        opened = False
    if not opened or not vault.seals:
        raise KeyMissing(key=key)


def _first_sealed(db: Session) -> str | None:
    """The beginning of an encrypted password, if there is one."""
    for column in _SEALED:
        found: str | None = db.scalar(select(column).where(column.startswith(AES)).limit(1))
        if found is not None:
            return f"{AES}{found.removeprefix(AES).partition(':')[0]}:"
    return None
