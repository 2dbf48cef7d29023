"""The file of a backup: MAGIC, a line of JSON (the head), and a gzip stream, encrypted if asked.

Encryption is AES-256-GCM in frames, under a key that scrypt derives from the passphrase. A frame's
nonce holds its number and whether it is the last: one changed, moved or missing is an error.
"""

from __future__ import annotations

import io
import json
import os
import zlib
from collections.abc import Iterator, Mapping
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from sippulse_ws.ops.backup.troubles import BackupError, BackupTrouble

MAGIC = b"SIPPULSE-WS BACKUP 1\n"
FRAME = 256 * 1024
_TAG = 16
_COST = 1 << 15
_LONGEST_HEAD = 64 * 1024


class Writer(io.RawIOBase):
    """Writes the head into `file`, then what it is given, compressed and perhaps encrypted."""

    def __init__(self, file: IO[bytes], head: Mapping[str, Any], passphrase: str | None) -> None:
        super().__init__()
        self._file = file
        self._written = 0
        self._zip = zlib.compressobj(6, wbits=31)
        self._waiting = bytearray()
        self._frame = 0
        self._cipher: AESGCM | None = None
        told = dict(head) | {"encrypted": passphrase is not None}
        if passphrase is not None:
            salt = os.urandom(16)
            told["salt"] = salt.hex()
            self._cipher = AESGCM(_key(passphrase, salt))
        self._head = MAGIC + json.dumps(told).encode() + b"\n"
        file.write(self._head)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._put(self._zip.compress(data))
        self._written += len(data)
        return len(data)

    def tell(self) -> int:
        return self._written

    def finish(self) -> None:
        """Write what is buffered; without this call readers take the file for cut off."""
        self._put(self._zip.flush())
        if self._cipher is not None:
            self._write_frame(bytes(self._waiting), last=True)

    def _put(self, data: bytes) -> None:
        if self._cipher is None:
            self._file.write(data)
            return
        self._waiting += data
        while len(self._waiting) > FRAME:
            self._write_frame(bytes(self._waiting[:FRAME]), last=False)
            del self._waiting[:FRAME]

    def _write_frame(self, data: bytes, *, last: bool) -> None:
        assert self._cipher is not None
        sealed = self._cipher.encrypt(_nonce(self._frame, last), data, self._head)
        self._file.write(len(sealed).to_bytes(4, "big") + sealed)
        self._frame += 1


def read_head(file: IO[bytes]) -> dict[str, Any]:
    """The head, which needs no passphrase; BackupError if the file is no backup."""
    if file.read(len(MAGIC)) != MAGIC:
        raise BackupError(BackupTrouble.NO_BACKUP)
    try:
        told = json.loads(file.readline(_LONGEST_HEAD))
    except ValueError:
        raise BackupError(BackupTrouble.BAD_HEAD) from None
    if not isinstance(told, dict):
        raise BackupError(BackupTrouble.BAD_HEAD)
    return told


class Reader(io.RawIOBase):
    """Reads what a Writer was given. `file` is seekable, and at its start."""

    def __init__(self, file: IO[bytes], passphrase: str | None) -> None:
        super().__init__()
        self.head = read_head(file)
        end = file.tell()
        file.seek(0)
        self._head = file.read(end)
        self._file = file
        self._cipher = self._make_cipher(passphrase)
        self._pieces = self._unzipped()
        self._waiting = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._waiting:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._waiting = piece
        count = min(len(buffer), len(self._waiting))
        buffer[:count] = self._waiting[:count]
        self._waiting = self._waiting[count:]
        return count

    def _make_cipher(self, passphrase: str | None) -> AESGCM | None:
        if not self.head.get("encrypted"):
            return None
        if passphrase is None:
            raise BackupError(BackupTrouble.ENCRYPTED)
        try:
            salt = bytes.fromhex(self.head["salt"])
        except (KeyError, TypeError, ValueError):
            raise BackupError(BackupTrouble.BAD_HEAD) from None
        return AESGCM(_key(passphrase, salt))

    def _unzipped(self) -> Iterator[bytes]:
        unzip = zlib.decompressobj(wbits=31)
        for piece in self._opened():
            try:
                yield unzip.decompress(piece)
            except zlib.error:
                raise BackupError(BackupTrouble.DAMAGED) from None
            if unzip.unused_data:
                raise BackupError(BackupTrouble.MORE_BEHIND)
        if not unzip.eof:
            raise BackupError(BackupTrouble.CUT_OFF)

    def _opened(self) -> Iterator[bytes]:
        if self._cipher is None:
            while piece := self._file.read(FRAME):
                yield piece
            return
        number, last = 0, False
        while not last:
            size = int.from_bytes(self._file.read(4), "big")
            sealed = self._file.read(min(size, FRAME + _TAG))
            if not size or len(sealed) != size:
                raise BackupError(BackupTrouble.CUT_OFF)
            yield self._open(sealed, number, last := self._is_last())
            number += 1

    def _is_last(self) -> bool:
        """Whether the file ends here, after the frame."""
        there = bool(self._file.read(1))
        if there:
            self._file.seek(-1, os.SEEK_CUR)
        return not there

    def _open(self, sealed: bytes, number: int, last: bool) -> bytes:
        assert self._cipher is not None
        try:
            return self._cipher.decrypt(_nonce(number, last), sealed, self._head)
        except InvalidTag:
            first = number == 0
            trouble = BackupTrouble.BAD_PASSPHRASE if first else BackupTrouble.BAD_FRAME
            raise BackupError(trouble) from None


def _nonce(number: int, last: bool) -> bytes:
    """Each key is used for one file only, so that a count is enough."""
    return number.to_bytes(11, "big") + bytes([last])


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=_COST, r=8, p=1).derive(passphrase.encode())
