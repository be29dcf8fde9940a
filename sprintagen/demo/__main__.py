"""`python -m sprintagen.demo`: the scripted model alone, for an opencode that is started elsewhere."""

from __future__ import annotations

import argparse
import asyncio
import contextlib

from sprintagen.demo.model_server import NATURAL_PACE, ModelServer


def main() -> None:
    """Serves until interrupted; prints the base URL first."""
    parser = argparse.ArgumentParser(prog="python -m sprintagen.demo", description="The scripted model.")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--rate", type=float, default=NATURAL_PACE, help="words a second")
    arguments = parser.parse_args()

    async def serve() -> None:
        async with ModelServer(port=arguments.port, words_per_second=arguments.rate) as server:
            print(server.url, flush=True)  # noqa: T201 the one line this command is for
            await asyncio.Event().wait()

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())


if __name__ == "__main__":
    main()
