"""The scripted model as a provider in a container, with two doors on port 8000: `/v1`, open, and `/keyed/v1`.

The second takes only the keys that are in the file `accepted-keys` at that moment, as a provider with accounts does.
It is copied beside a stack's compose file and imports nothing but sprintagen.demo.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from urllib.parse import urlsplit

from sprintagen.demo import ModelServer

PORT = 8000
ACCEPTED = Path(__file__).with_name("accepted-keys")
REFUSED = b'{"error": {"message": "Incorrect API key provided.", "type": "invalid_request_error", "code": 401}}'


async def main() -> None:
    async with ModelServer() as model:
        port = urlsplit(model.url).port

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await _serve(reader, writer, port)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass  # the one who asked has gone, which is how opencode stops an answer
            finally:
                writer.close()

        server = await asyncio.start_server(serve, "0.0.0.0", PORT)
        print(f"the scripted model listens on {PORT}", flush=True)
        await server.serve_forever()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int | None) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"(?im)^content-length: *(\d+)", head)
    body = await reader.readexactly(int(length[1]) if length else 0)
    target = head.split(b" ", 2)[1]
    if target.startswith(b"/keyed/"):
        key = re.search(rb"(?im)^authorization: *bearer +(\S+)", head)
        if key is None or key[1].decode() not in ACCEPTED.read_text(encoding="utf-8").split():
            lines = b"HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Type: application/json\r\n"
            writer.write(lines + b"Content-Length: %d\r\n\r\n" % len(REFUSED) + REFUSED)
            await writer.drain()
            return
        head = head.replace(b" /keyed/", b" /", 1)
    answer, request = await asyncio.open_connection("127.0.0.1", port)
    request.write(head + body)
    gone = asyncio.create_task(reader.read())
    try:
        while True:
            more = asyncio.create_task(answer.read(65536))
            await asyncio.wait({more, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not more.done() or not more.result():
                more.cancel()
                return
            writer.write(more.result())
            await writer.drain()
    finally:
        gone.cancel()
        request.close()


if __name__ == "__main__":
    asyncio.run(main())
