"""The scripted model: an OpenAI-compatible server for loopback that needs no key, no internet and no model.

It speaks as much of the chat completions protocol as opencode uses: streamed text, reasoning and tool calls, usage,
errors, and connections that break. What it says is decided in `scripts`; here is only how it is said. The HTTP is
written on plain asyncio streams because a real server cannot be made to break off in the middle on purpose.

    POST /v1/chat/completions   GET /v1/models   GET /emits (when each word left)   DELETE /emits
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import re
import threading
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from sprintagen.demo.conversation import Conversation
from sprintagen.demo.scripts import reply
from sprintagen.demo.steps import Call, Drop, Fail, Finish, Hang, Pause, Say, Think

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sprintagen.demo.steps import Action

MODEL_ID = "scripted"
NATURAL_PACE = 40.0
"""Words a second, about what a quick hosted model does."""
WORD = re.compile(r"\s*\S+\s*")
ARGUMENT_PIECE = 24
"""Characters of a tool call's arguments in one chunk."""
BODY_LIMIT = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Emit:
    """One chunk of text or reasoning as it left for opencode."""

    kind: str
    text: str
    at: float
    """Seconds since the epoch, taken right before the write."""


class ModelServer:
    """The server on the running event loop; `start()` and `stop()` it, or use it with `async with`.

    Args:
        port: 0 takes a free one; `url` has it after the start.
        words_per_second: The pace of everything that has no pace of its own; pauses shrink along with it.
    """

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, words_per_second: float = NATURAL_PACE) -> None:
        self.emits: deque[Emit] = deque(maxlen=200_000)
        self.requests: deque[dict[str, Any]] = deque(maxlen=200)
        """The bodies of the newest completion requests, oldest first."""
        self.words_per_second = words_per_second
        self._host, self._port = host, port
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._tries: Counter[tuple[str, int]] = Counter()
        self._ids = itertools.count(1)

    @property
    def url(self) -> str:
        """The base URL to configure in opencode, `http://host:port/v1`."""
        return f"http://{self._host}:{self._port}/v1"

    async def start(self) -> None:
        """Returns when the port takes connections."""
        self._server = await asyncio.start_server(self._accept, self._host, self._port, limit=1024 * 1024)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Breaks off whatever is still being said."""
        if self._server is None:
            return
        self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def forget(self) -> None:
        """Empties the records."""
        self.emits.clear()
        self.requests.clear()

    def is_due(self, conversation: Conversation, index: int, times: int | None) -> bool:
        """Whether a failure that happens `times` times shall happen at this try of the request."""
        if times is None:
            return True
        self._tries[conversation.digest, index] += 1
        return self._tries[conversation.digest, index] <= times

    def got_through(self, conversation: Conversation) -> None:
        """The request has been answered: the same one, say in another session, fails anew."""
        for key in [key for key in self._tries if key[0] == conversation.digest]:
            del self._tries[key]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the other side has gone, which is how opencode stops an answer
        except asyncio.CancelledError:
            writer.transport.abort()  # the only one who cancels is stop(), which waits for this task
        finally:
            self._connections.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, target, _ = head.split("\r\n", 1)[0].split(" ", 2)
            length = re.search(r"(?im)^content-length: *(\d+)", head)
            size = int(length[1]) if length else 0
            if size > BODY_LIMIT:
                return await _answer(writer, 413, _error(413, "The request is too large."))
            body = await reader.readexactly(size)
            match method, target.partition("?")[0]:
                case "POST", "/v1/chat/completions":
                    await self._complete(json.loads(body), reader, writer)
                case "GET", "/v1/models":
                    await _answer(writer, 200, {"object": "list", "data": [{"id": MODEL_ID, "object": "model"}]})
                case "GET", "/emits":
                    await _answer(writer, 200, [asdict(emit) for emit in self.emits])
                case "DELETE", "/emits":
                    self.forget()
                    await _answer(writer, 200, {})
                case _:
                    await _answer(writer, 404, _error(404, f"The scripted model has no {method} {target}."))
        except (ValueError, asyncio.LimitOverrunError):
            await _answer(writer, 400, _error(400, "The request cannot be read."))

    async def _complete(self, body: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not isinstance(body, dict):
            raise ValueError("a completion request is an object")
        self.requests.append(body)
        conversation = Conversation.parse(body)
        actions = reply(conversation)
        for index, action in enumerate(actions):
            if isinstance(action, Fail) and self.is_due(conversation, index, action.times):
                return await _answer(writer, action.status, _error(action.status, action.message), action.headers)
            if not isinstance(action, Pause | Fail):
                break
        stream = _Stream(self, conversation, reader, writer, identity=next(self._ids))
        if body.get("stream"):
            return await stream.play(actions)
        return await _answer(writer, 200, stream.whole(actions))


class _Stream:
    """One streamed answer."""

    def __init__(
        self,
        server: ModelServer,
        conversation: Conversation,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        identity: int,
    ) -> None:
        self._server, self._conversation = server, conversation
        self._reader, self._writer = reader, writer
        self._identity = identity
        self._base = {"id": f"chatcmpl-{identity}", "created": int(time.time()), "model": MODEL_ID}
        self._calls = 0
        self._said = 0
        self._thought = 0
        self._end = Finish()

    async def play(self, actions: Sequence[Action]) -> None:
        self._writer.write(_head(200, {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"}))
        await self._delta({"role": "assistant", "content": ""})
        for index, action in enumerate(actions):
            match action:
                case Say() | Think():
                    await self._speak(action)
                case Call():
                    await self._call(action)
                case Pause():
                    pace = 1.0 if action.exact else NATURAL_PACE / self._server.words_per_second
                    await asyncio.sleep(action.seconds * pace)
                case Fail() if self._said and self._server.is_due(self._conversation, index, action.times):
                    await self._send(_error(action.status, action.message))
                    return await self._close()
                case Drop() if self._server.is_due(self._conversation, index, action.times):
                    return self._writer.transport.abort()
                case Hang():
                    await self._reader.read()
                    return None
                case Finish():
                    self._end = action
                case _:
                    pass
        await self._chunk([{"index": 0, "delta": {}, "finish_reason": self._reason()}])
        await self._chunk([], usage=self._usage())
        self._server.got_through(self._conversation)
        return await self._close()

    def whole(self, actions: Sequence[Action]) -> dict[str, Any]:
        """The same answer for a caller who does not stream."""
        text = "".join(action.text for action in actions if isinstance(action, Say))
        calls = [action for action in actions if isinstance(action, Call)]
        message: dict[str, Any] = {"role": "assistant", "content": text}
        if calls:
            message["tool_calls"] = []
        for call in calls:
            message["tool_calls"].append(self._tool_call(call))
            self._calls += 1
        self._said = len(text.split())
        choice = {"index": 0, "message": message, "finish_reason": self._reason()}
        return {**self._base, "object": "chat.completion", "choices": [choice], "usage": self._usage()}

    async def _speak(self, action: Say | Think) -> None:
        rate = action.rate or self._server.words_per_second
        is_text = isinstance(action, Say)
        loop = asyncio.get_running_loop()
        start = loop.time()
        for index, word in enumerate(WORD.findall(action.text)):
            # Each word has its place on the clock, so that delays do not add up.
            wait = start + index / rate - loop.time()
            if wait > 0:
                await asyncio.sleep(wait)
            self._server.emits.append(Emit("text" if is_text else "reasoning", word, time.time()))
            await self._delta({"content" if is_text else "reasoning_content": word})
            self._said += is_text
            self._thought += not is_text

    async def _call(self, action: Call) -> None:
        call = self._tool_call(action)
        index = self._calls
        self._calls += 1
        arguments = call["function"]["arguments"]
        opening = {**call, "index": index, "function": {"name": action.tool, "arguments": ""}}
        await self._delta({"tool_calls": [opening]})
        for start in range(0, len(arguments), ARGUMENT_PIECE):
            piece = arguments[start : start + ARGUMENT_PIECE]
            await self._delta({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
            await asyncio.sleep(1 / self._server.words_per_second)

    def _tool_call(self, action: Call) -> dict[str, Any]:
        return {
            "id": f"call_{self._identity}_{self._calls}",
            "type": "function",
            "function": {"name": action.tool, "arguments": json.dumps(action.arguments)},
        }

    def _reason(self) -> str:
        return self._end.reason or ("tool_calls" if self._calls else "stop")

    def _usage(self) -> dict[str, Any]:
        prompt = self._end.prompt_tokens or self._conversation.size // 4
        completion = self._said + self._thought
        return {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "completion_tokens_details": {"reasoning_tokens": self._thought},
        }

    async def _delta(self, delta: dict[str, Any]) -> None:
        await self._chunk([{"index": 0, "delta": delta, "finish_reason": None}])

    async def _chunk(self, choices: list[dict[str, Any]], **more: Any) -> None:
        await self._send({**self._base, "object": "chat.completion.chunk", "choices": choices, **more})

    async def _send(self, value: dict[str, Any]) -> None:
        await self._write(f"data: {json.dumps(value)}\n\n".encode())

    async def _close(self) -> None:
        await self._write(b"data: [DONE]\n\n")
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()

    async def _write(self, data: bytes) -> None:
        if self._writer.is_closing():
            raise ConnectionResetError
        self._writer.write(b"%x\r\n%b\r\n" % (len(data), data))
        await self._writer.drain()


class ModelServerThread:
    """The same server in a thread with a loop of its own, for callers without one or with a busy one."""

    def __init__(self, *, port: int = 0, words_per_second: float = NATURAL_PACE) -> None:
        self.server = ModelServer(port=port, words_per_second=words_per_second)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="scripted-model", daemon=True)

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def emits(self) -> list[Emit]:
        """A copy of what has been emitted so far."""
        return list(self.server.emits)

    @property
    def requests(self) -> list[dict[str, Any]]:
        """A copy of the completion requests so far."""
        return list(self.server.requests)

    def forget(self) -> None:
        """Empties the records."""
        self.server.forget()

    def start(self) -> None:
        """Returns when the port takes connections."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.server.start(), self._loop).result(10)

    def stop(self) -> None:
        """Returns when the thread has ended."""
        asyncio.run_coroutine_threadsafe(self.server.stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


async def _answer(
    writer: asyncio.StreamWriter, status: int, value: object, headers: Sequence[tuple[str, str]] = ()
) -> None:
    data = json.dumps(value).encode()
    fields = {"Content-Type": "application/json", "Content-Length": str(len(data)), **dict(headers)}
    writer.write(_head(status, fields) + data)
    await writer.drain()


def _head(status: int, fields: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} {'OK' if status < 400 else 'Error'}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _error(status: int, message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "scripted_error", "code": status}}
