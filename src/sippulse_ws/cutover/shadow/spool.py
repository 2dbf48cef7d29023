"""Keeps exchanges that wait to be compared on the disk, so that none is lost when comparing lags.

Requests contain passwords, so the file has no name and is encrypted with a key that exists only in
the memory of the shadow's processes.
"""

from __future__ import annotations

import multiprocessing
import os
import struct
import tempfile
from ctypes import c_longlong
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_LENGTH = struct.Struct("<I")
_NONCE_BYTES = 12

_processes = multiprocessing.get_context("fork")


def shared_number() -> c_longlong:
    """A number shared by two processes, of which one writes it. It has no lock, since a killed
    process would not release it."""
    return _processes.RawValue(c_longlong, 0)


class Spool:
    """A ring buffer on the disk; one process writes, the other reads in the same order."""

    def __init__(self, folder: Path, most: int) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - as long as the processes
        self._most = most
        self._cipher = AESGCM(AESGCM.generate_key(256))
        self._written = shared_number()  # bytes written since the beginning
        self._read = shared_number()
        self._given = shared_number()  # messages
        self._taken = shared_number()

    def close(self) -> None:
        self._file.close()

    def __len__(self) -> int:
        return int(self._given.value - self._taken.value)

    def put(self, message: bytes) -> bool:
        """Store a message; returns whether there was room."""
        position = int(self._written.value)
        secret = self._cipher.encrypt(_nonce(position), message, None)
        frame = _LENGTH.pack(len(secret)) + secret
        if position + len(frame) - self._read.value > self._most:
            return False
        try:
            self._write(position, frame)
        except OSError:  # a full disk is treated as a full spool
            return False
        self._written.value = position + len(frame)
        self._given.value += 1
        return True

    def take(self) -> bytes | None:
        """The next message; None if there is none now."""
        position = int(self._read.value)
        if position == self._written.value:
            return None
        (length,) = _LENGTH.unpack(self._bytes(position, _LENGTH.size))
        secret = self._bytes(position + _LENGTH.size, length)
        message = self._cipher.decrypt(_nonce(position), secret, None)
        self._read.value = position + _LENGTH.size + length
        self._taken.value += 1
        return message

    def _write(self, position: int, data: bytes) -> None:
        while data:
            place = position % self._most
            done = os.pwrite(self._file.fileno(), data[: self._most - place], place)
            data, position = data[done:], position + done

    def _bytes(self, position: int, length: int) -> bytes:
        pieces = []
        while length:
            place = position % self._most
            piece = os.pread(self._file.fileno(), min(length, self._most - place), place)
            if not piece:
                raise EOFError
            pieces.append(piece)
            position, length = position + len(piece), length - len(piece)
        return b"".join(pieces)


def _nonce(position: int) -> bytes:
    """A nonce from the position, which is unique in a spool, as is the key."""
    return position.to_bytes(_NONCE_BYTES)
