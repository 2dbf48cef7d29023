"""A TCP gate before a database, which a test can shut and open again."""

import asyncio
import threading
from contextlib import suppress


class Gate:
    """Forwards connections to an address while it is open; `port` is where it listens."""

    def __init__(self, host: str, port: int) -> None:
        self._behind = host, port
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._server: asyncio.Server
        self.port = 0
        self.open()

    def open(self) -> None:
        self._run(self._open())

    def shut(self) -> None:
        """End every connection, and refuse new ones."""
        self._run(self._shut())

    def freeze(self) -> None:
        """Keep all connections, and let nothing through: as a host that stands still."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def thaw(self) -> None:
        self._loop.call_soon_threadsafe(self._flowing.set)

    def remove(self) -> None:
        self.thaw()
        self.shut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: object) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)  # type: ignore[arg-type]

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _shut(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0.1)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(*self._behind)
        both = {writer, there[1]}
        self._writers |= both
        await asyncio.gather(self._copy(reader, there[1]), self._copy(there[0], writer))
        self._writers -= both

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
        writer.close()
