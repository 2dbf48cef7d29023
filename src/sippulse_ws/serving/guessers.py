"""Clients whose logins keep failing, as one worker sees them."""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache
from time import monotonic

from sippulse_ws.domain.hash_gate import network_of

SOME = 10  # failed logins; fewer are typing errors
WITHIN = 60.0  # seconds
_MOST = 8192  # networks that are remembered

_network = lru_cache(_MOST)(network_of)


class Guessers:
    """Counts failed logins by network (a /24, a /64)."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()  # since when, how many

    def note(self, address: str) -> None:
        network, now = _network(address), monotonic()
        since, count = self._counts.pop(network, (now, 0))
        if now - since > WITHIN:
            since, count = now, (SOME if count >= SOME else 0)
        self._counts[network] = since, count + 1
        while len(self._counts) > _MOST:
            self._counts.popitem(last=False)

    def __contains__(self, address: str) -> bool:
        if not self._counts:
            return False
        since, count = self._counts.get(_network(address), (0.0, 0))
        return count >= SOME and monotonic() - since < 2 * WITHIN
