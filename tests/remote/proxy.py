"""A wire that breaks when it is told to: between a client and a server on this machine."""

import asyncio
import socket
import struct
from threading import Thread
from typing import Literal, Self

RESET = struct.pack("ii", 1, 0)


class Proxy:
    """Hands bytes on; once `after` bytes of a connection came back from the server, it resets or stalls it."""

    def __init__(self, server: int) -> None:
        self.fault: Literal["", "reset", "stall"] = ""
        self.after = 0
        self._server = server
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        serving = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._listening = asyncio.run_coroutine_threadsafe(serving, self._loop).result()
        self.port: int = self._listening.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _stop(self) -> None:
        self._listening.close()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def _serve(self, here: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        there, forth = await asyncio.open_connection("127.0.0.1", self._server)
        try:
            await asyncio.gather(self._pump(here, forth, False), self._pump(there, back, True))
        except OSError:
            back.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        except asyncio.CancelledError:
            return
        finally:
            back.transport.abort()
            forth.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counted: bool) -> None:
        count = 0
        while some := await reader.read(65_536):
            count += len(some)
            if counted and self.fault and count > self.after:
                if self.fault == "reset":
                    raise ConnectionResetError
                await asyncio.sleep(3600)
            writer.write(some)
            await writer.drain()
        raise ConnectionAbortedError
