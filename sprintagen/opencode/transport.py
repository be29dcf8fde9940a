"""Requests and answers: pools, authentication, paths, deadlines. No route of opencode's is named here.

A path is a tuple of segments, each encoded by itself, so that no id can become a second segment, a query or another
host. Redirects are never followed and the environment's proxies are ignored: the password goes to the one address
that was given, or nowhere.
"""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote, urlsplit

import httpx

from sprintagen.opencode.errors import (
    WRONG_SERVER_HINT,
    InvalidID,
    OpencodeError,
    ServerUnreachable,
    UnreadableAnswer,
    refusal,
    translated,
)
from sprintagen.opencode.observer import Nobody, Timing
from sprintagen.opencode.web_socket import open_socket
from sprintagen.opencode.wire import NotJSON, decode, encode

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping

    from pydantic import SecretStr
    from websockets.asyncio.client import ClientConnection

    from sprintagen.opencode.observer import Observer

MAX_ANSWER: Final = 256 * 1024 * 1024
"""The most bytes of an answer that are read. A session of 5,000 messages is 4 MB."""

PATIENCE: Final = 6
"""An answer may take this many times its timeout in all, as long as it never pauses for longer than the timeout."""

Query = dict[str, str | int | bool | None]


class Answer(NamedTuple):
    """A 2xx answer: its decoded JSON (None when the body is empty) and its headers."""

    data: Any
    headers: Mapping[str, str]


class Raw(NamedTuple):
    """The first bytes of a 2xx answer that is no JSON, its headers, and whether these are all."""

    data: bytes
    headers: Mapping[str, str]
    is_whole: bool


class Transport:
    """One server's connections: one pool for calls, one for the event stream, and a fresh connection when asked for.

    Args:
        base_url: `http://host:port`, with a path if the server is behind one.
        username: For Basic authentication; used only with a password.
        password: None or empty: no authentication.
        timeout: Seconds of silence after which a call fails.
        transport: What carries the requests instead of the network; closed with this.
        observer: Is told of every request; None: nobody is.
    """

    def __init__(
        self,
        base_url: str,
        *,
        username: str,
        password: SecretStr | None,
        timeout: float,
        transport: httpx.AsyncBaseTransport | None,
        observer: Observer | None = None,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("base_url must be http://host:port or https://host")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("base_url must have no user name, password, query or fragment")
        self.timeout = timeout
        self._base = base_url.rstrip("/")
        self._auth = _Basic(username, password) if password and password.get_secret_value() else None
        self._transport = transport
        self._observer = observer or Nobody()
        self._tls = _tls(parts.scheme)
        self._is_closed = False
        self._calls = self._client()
        self._streams = self._client()

    def __repr__(self) -> str:
        return f"Transport({self._base!r})"

    async def aclose(self) -> None:
        """Closes every connection; requests under way fail with `ServerUnreachable`."""
        self._is_closed = True
        await self._calls.aclose()
        await self._streams.aclose()

    async def call(
        self,
        method: str,
        segments: tuple[str, ...],
        *,
        directory: str | None = None,
        query: Query | None = None,
        body: Any = None,
        timeout: float | None = None,
        fresh: bool = False,
        secret: bool = False,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request and its whole answer.

        Args:
            method: HTTP's.
            segments: The path, one item per segment, not encoded.
            directory: The project directory the request is about; None: the server's own.
            query: Parameters; those that are None are left out.
            body: Sent as JSON; None: no body.
            timeout: Instead of the transport's.
            fresh: Use a new connection. One that was made while the server started may hang for ever.
            secret: The body is secret: no word of the answer gets into an error.
            headers: More of them.

        Raises:
            OpencodeError: As `errors` draws it.
        """
        async with self._send(
            method,
            segments,
            directory=directory,
            query=query,
            body=body,
            timeout=timeout,
            fresh=fresh,
            secret=secret,
            headers=headers,
        ) as response:
            content = await _read(response, MAX_ANSWER)
        if not content:
            return Answer(None, response.headers)
        _require(response, "application/json")
        return Answer(_decoded(content), response.headers)

    async def raw(self, method: str, segments: tuple[str, ...], *, directory: str | None = None, limit: int) -> Raw:
        """The same for an answer that is somebody's bytes: at most `limit` of them, the rest is left where it is."""
        pieces: list[bytes] = []
        size = 0
        plainly = {"accept": "*/*", "accept-encoding": "identity"}  # else its length would be that of the packed bytes
        async with self._send(method, segments, directory=directory, headers=plainly) as response:
            async for piece in response.aiter_bytes():
                pieces.append(piece)
                size += len(piece)
                if size > limit:
                    break
        data = b"".join(pieces)
        return Raw(data[:limit], response.headers, size <= limit)

    @asynccontextmanager
    async def chunks(
        self, method: str, segments: tuple[str, ...], *, directory: str | None = None, timeout: float | None = None
    ) -> AsyncGenerator[AsyncIterator[bytes], None]:
        """The same for an answer too large to keep: its JSON text in pieces, to be read within the context."""
        async with self._send(method, segments, directory=directory, timeout=timeout) as response:
            _require(response, "application/json")
            yield response.aiter_bytes()

    @asynccontextmanager
    async def stream(self, segments: tuple[str, ...]) -> AsyncGenerator[AsyncIterator[bytes], None]:
        """An event stream's bytes as they come. It sets no deadline for reading: its reader does."""
        self._require_open()
        request = self._request(
            self._streams,
            "GET",
            segments,
            headers={"accept": "text/event-stream"},
            timeout=httpx.Timeout(self.timeout, read=None),
        )
        with translated():
            response = await self._streams.send(request, stream=True)
            try:
                await _raise_for_status(response, secret=False)
                _require(response, "text/event-stream")
                yield response.aiter_bytes()
            finally:
                await response.aclose()

    async def socket(self, segments: tuple[str, ...], *, query: Query) -> ClientConnection:
        """An open websocket, which whoever asked for it closes. It carries no password: the query has to open it."""
        self._require_open()
        url = httpx.URL(self._base + path_of(segments), params=_query(query))
        return await open_socket(
            str(url.copy_with(scheme="wss" if url.scheme == "https" else "ws")),
            tls=self._tls if url.scheme == "https" else None,
            timeout=self.timeout,
        )

    @asynccontextmanager
    async def _send(
        self,
        method: str,
        segments: tuple[str, ...],
        *,
        directory: str | None = None,
        query: Query | None = None,
        body: Any = None,
        timeout: float | None = None,
        fresh: bool = False,
        secret: bool = False,
        headers: dict[str, str] | None = None,
    ) -> AsyncGenerator[httpx.Response, None]:
        self._require_open()
        seconds = self.timeout if timeout is None else timeout
        client = self._client() if fresh else self._calls
        timing = Timing(self._observer, method, segments)
        try:
            request = self._request(
                client,
                method,
                segments,
                directory=directory,
                query=query,
                body=body,
                headers=headers,
                timeout=httpx.Timeout(seconds),
            )
            with translated():
                async with asyncio.timeout(seconds * (1 if fresh else PATIENCE)):
                    response = await client.send(request, stream=True)
                    try:
                        await _raise_for_status(response, secret=secret)
                        timing.end()
                        yield response
                    finally:
                        await response.aclose()
        except OpencodeError as error:
            timing.end(error)
            if secret:
                raise error from None  # the cause holds the request, and the request the secret
            raise
        finally:
            if fresh and self._transport is None:
                await client.aclose()

    def _request(
        self,
        client: httpx.AsyncClient,
        method: str,
        segments: tuple[str, ...],
        *,
        directory: str | None = None,
        query: Query | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
        timeout: httpx.Timeout,
    ) -> httpx.Request:
        headers = self._observer.headers() | (headers or {})
        if directory is not None:
            headers["x-opencode-directory"] = quoted_directory(directory)
        content = None
        if body is not None:
            headers["content-type"] = "application/json"
            content = encode(body)
        return client.build_request(
            method,
            self._base + path_of(segments),
            params=_query(query) if query else None,
            headers=headers,
            content=content,
            timeout=timeout,
        )

    def _require_open(self) -> None:
        if self._is_closed:
            raise ServerUnreachable("The connection to the opencode server was closed on our side.")

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            auth=self._auth,
            follow_redirects=False,
            headers={"accept": "application/json", "user-agent": "sprintagen"},
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=5),
            timeout=self.timeout,
            transport=self._transport,
            trust_env=False,
            verify=self._tls,
        )


def path_of(segments: tuple[str, ...]) -> str:
    """The path of these segments, each encoded by itself.

    Raises:
        InvalidID: A segment is empty or means another place (`.`, `..`).
    """
    encoded = []
    for segment in segments:
        if segment in ("", ".", ".."):
            raise InvalidID("This is not the id of anything.")
        encoded.append(quote(segment.encode("utf-8", "surrogatepass"), safe=""))
    return "/" + "/".join(encoded)


def quoted_directory(directory: str) -> str:
    """A directory as the server wants it in its header and, once more encoded by httpx, in a query: it decodes both."""
    return quote(directory.encode("utf-8", "surrogatepass"), safe="/")


class _Basic(httpx.Auth):
    """Basic authentication that keeps the password wrapped until a request is sent."""

    def __init__(self, username: str, password: SecretStr) -> None:
        self._username = username
        self._password = password

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        pair = f"{self._username}:{self._password.get_secret_value()}".encode()
        request.headers["authorization"] = f"Basic {b64encode(pair).decode('ascii')}"
        yield request


def _tls(scheme: str) -> ssl.SSLContext:
    # Loading the certificates takes longer than a request; without https this context is never used, and trusts nobody.
    return httpx.create_ssl_context(trust_env=False) if scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _query(query: Query) -> dict[str, str]:
    return {name: _plain(value) for name, value in query.items() if value is not None}


def _plain(value: str | int | bool | None) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text.encode("utf-8", "replace").decode()  # half a surrogate pair has no place in a URL


async def _read(response: httpx.Response, limit: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > limit:
            raise UnreadableAnswer("The opencode server's answer is far too large.", hint=WRONG_SERVER_HINT)
        pieces.append(piece)
    return b"".join(pieces)


async def _raise_for_status(response: httpx.Response, *, secret: bool) -> None:
    if response.is_success:
        return
    body = None
    if _content_type(response) == "application/json":
        try:
            body = decode(await _read(response, 1024 * 1024))
        except (NotJSON, UnreadableAnswer):
            body = None  # the status says enough
    raise refusal(response.status_code, body, quote_server=not secret)


def _require(response: httpx.Response, wanted: str) -> None:
    found = _content_type(response)
    if found == wanted:
        return
    if found == "text/html":
        # opencode answers every path it does not know with its own web page.
        raise UnreadableAnswer(
            "The server answered with a web page: it does not know this request.", hint=WRONG_SERVER_HINT
        )
    raise UnreadableAnswer("The server did not answer as opencode does.", hint=WRONG_SERVER_HINT)


def _content_type(response: httpx.Response) -> str:
    kind: str = response.headers.get("content-type", "")
    return kind.partition(";")[0].strip().lower()


def _decoded(content: bytes) -> Any:
    try:
        return decode(content)
    except NotJSON:
        raise UnreadableAnswer("The opencode server's answer is not JSON.", hint=WRONG_SERVER_HINT) from None
