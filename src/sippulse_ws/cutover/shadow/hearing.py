"""Lets tasks wait until all exchanges up to a moment are known."""

from __future__ import annotations

import asyncio

_MOST_WAITING = 2000


class Hearing:
    """The moment, of time.monotonic(), up to which all exchanges were taken from the spool."""

    def __init__(self) -> None:
        self._moment = 0.0
        self._waiting: dict[asyncio.Future[None], float] = {}

    def advance(self, moment: float) -> None:
        self._moment = max(self._moment, moment)
        for future in [one for one, wanted in self._waiting.items() if wanted <= self._moment]:
            del self._waiting[future]
            if not future.done():
                future.set_result(None)

    async def until(self, moment: float) -> None:
        """Wait until that moment is reached; returns at once if too many tasks wait already."""
        if moment <= self._moment or len(self._waiting) >= _MOST_WAITING:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[future] = moment
        await future
