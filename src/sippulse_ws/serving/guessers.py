"""Clients whose logins keep failing, counted for all workers of a server together.

Made before the workers are forked. A network (a /24, a /64) with `SOME` failures a minute counts as
guessing passwords; during a flood of failures on the whole server, which may come from many
networks, `SOME_IN_FLOOD` are enough.
"""

from __future__ import annotations

import hashlib
import mmap
import struct
from functools import lru_cache
from time import monotonic
from typing import Any

from sippulse_ws.domain.hash_gate import network_of
from sippulse_ws.domain.shared_marks import SharedLock
from sippulse_ws.serving.proofs import Proofs

SOME = 10  # failed logins within a minute; fewer may be typing errors
SOME_IN_FLOOD = 2
WITHIN = 60.0  # seconds
# Failed logins of all networks: how many a second are normal; how many above that make a flood;
# how many above that are counted at most.
FLOOD, FLOOD_BEGINS, FLOOD_MOST = 20.0, 100.0, 400.0
# Requests a second of all guessing networks together while other clients are there; more are told
# that the server is busy. Enough for a correct first login at an address where 160 a second fail.
TURNS, TURNS_SAVED = 170.0, 340.0
OTHERS = 2.0  # seconds for which a request of another client counts
_PLACES = 1 << 14
_COUNT = struct.Struct("<Idi")  # digest of the network, start of the count, failures
_LEVEL = struct.Struct("<dd")  # a level that falls or rises with time, and when it was measured
_FLOOD_AT, _TURNS_AT, _OTHERS_AT = 0, _LEVEL.size, 2 * _LEVEL.size


@lru_cache(8192)
def _place_of(address: str) -> tuple[int, int]:
    digest = hashlib.blake2b(network_of(address).encode(), digest_size=8).digest()
    place = int.from_bytes(digest[:4], "little") % _PLACES
    return place * _COUNT.size, int.from_bytes(digest[4:], "little")


class Guessers:
    """Counts failed logins by network, and limits the requests of networks that guess.

    Two networks whose digests have the same slot in the table push each other out.
    """

    def __init__(self) -> None:
        self._counts = mmap.mmap(-1, _PLACES * _COUNT.size)
        self._levels = mmap.mmap(-1, 3 * _LEVEL.size)
        _LEVEL.pack_into(self._levels, _TURNS_AT, TURNS_SAVED, monotonic())
        self._lock = SharedLock()

    def note(self, address: str) -> None:
        place, tag = _place_of(address)
        now = monotonic()
        with self._lock.held():
            found, since, count = _COUNT.unpack_from(self._counts, place)
            if found != tag:
                since, count = now, 0
            elif now - since > WITHIN:
                since, count = now, (SOME if count >= SOME else 0)
            _COUNT.pack_into(self._counts, place, tag, since, min(count + 1, 1 << 30))
            level = min(FLOOD_MOST, max(0.0, self._level(_FLOOD_AT, -FLOOD, now)) + 1)
            _LEVEL.pack_into(self._levels, _FLOOD_AT, level, now)

    def __contains__(self, address: str) -> bool:
        place, tag = _place_of(address)
        found, since, count = _COUNT.unpack_from(self._counts, place)
        if found != tag or count < SOME_IN_FLOOD:
            return False
        now = monotonic()
        if now - since >= 2 * WITHIN:
            return False
        return count >= SOME or self._level(_FLOOD_AT, -FLOOD, now) >= FLOOD_BEGINS

    def note_other(self) -> None:
        """Note a request of a client that does not guess; done only while others guess."""
        now = monotonic()
        if self._level(_FLOOD_AT, -FLOOD, now) > 0:
            _LEVEL.pack_into(self._levels, _OTHERS_AT, 0.0, now)

    def has_turn(self) -> bool:
        """Whether one more request of a network that guesses may run now."""
        now = monotonic()
        if now - _LEVEL.unpack_from(self._levels, _OTHERS_AT)[1] > OTHERS:
            return True
        with self._lock.held():
            left = min(TURNS_SAVED, self._level(_TURNS_AT, TURNS, now))
            turn = left >= 1
            _LEVEL.pack_into(self._levels, _TURNS_AT, left - turn, now)
        return turn

    def _level(self, at: int, rate: float, now: float) -> float:
        level, then = _LEVEL.unpack_from(self._levels, at)
        return float(level + (now - then) * rate)


class Clients:
    """Which clients guess passwords, and which have shown right credentials before."""

    def __init__(self) -> None:
        self.guessers = Guessers()
        self.proofs = Proofs()

    def guesses(self, address: str, request: Any) -> bool:
        if address in self.guessers and not self.proofs.has(request, address):
            return True
        self.guessers.note_other()
        return False
