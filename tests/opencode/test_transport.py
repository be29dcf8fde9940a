from __future__ import annotations

import asyncio
import gzip
import json
import logging
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from sprintagen.opencode import (
    Busy,
    InvalidID,
    NotFound,
    OpencodeClient,
    OpencodeError,
    ServerAuthError,
    ServerFault,
    ServerTimeout,
    ServerUnreachable,
    UnreadableAnswer,
    session_id,
)
from sprintagen.opencode import transport as transport_module
from sprintagen.opencode.transport import Transport, path_of, quoted_directory
from tests.opencode.fakes import SESSION, Recorder, answering, client_of, head, tcp_server

JSON = {"content-type": "application/json"}
SES = session_id("ses_1")


# Requests


async def test_every_request_says_who_we_are_and_which_directory_is_meant():
    recorder = Recorder([])
    await client_of(recorder, directory="/wörk/a b%20c").sessions.list()
    headers = recorder.request.headers
    assert headers["authorization"] == "Basic b3BlbmNvZGU6czNjcmV0LXBhc3N3b3Jk"
    assert headers["x-opencode-directory"] == "/w%C3%B6rk/a%20b%2520c"
    assert headers["accept"] == "application/json"


async def test_without_a_password_nothing_is_sent_in_its_place():
    for password in (None, SecretStr("")):
        recorder = Recorder([])
        await client_of(recorder, password=password).agents.list()
        assert "authorization" not in recorder.request.headers
        assert "x-opencode-directory" not in recorder.request.headers


async def test_a_directory_in_the_query_is_encoded_once_more_because_the_server_decodes_twice():
    recorder = Recorder([])
    await client_of(recorder).sessions.list(directory="/a b%c")
    assert recorder.line == "GET /session?directory=%2Fa%2520b%2525c"


async def test_a_server_below_a_path_is_reached_there():
    recorder = Recorder([])
    async with OpencodeClient("https://host/opencode/", transport=recorder) as client:
        await client.agents.list()
    assert str(recorder.request.url) == "https://host/opencode/agent"


@pytest.mark.parametrize(
    "url", ["", "host:4096", "ftp://host", "http://", "http://u:p@host", "http://host?x=1", "http://host#x"]
)
def test_an_address_that_is_none_is_refused(url: str):
    with pytest.raises(ValueError, match="base_url"):
        OpencodeClient(url)


@pytest.mark.parametrize("segment", ["", ".", ".."])
def test_a_segment_that_means_another_place_is_refused(segment: str):
    with pytest.raises(InvalidID):
        path_of(("session", segment, "message"))


@given(st.lists(st.text(), min_size=1))
def test_a_path_has_as_many_segments_as_it_was_given(segments: list[str]):
    try:
        path = path_of(tuple(segments))
    except InvalidID:
        assert {"", ".", ".."} & set(segments)
        return
    url = httpx.URL("http://opencode.test:4096" + path)
    assert (url.host, url.port, url.query, url.fragment, url.userinfo) == ("opencode.test", 4096, b"", "", b"")
    assert [unquote(part, errors="surrogatepass") for part in url.raw_path.decode().split("/")[1:]] == segments


@given(st.text())
def test_any_directory_makes_a_header_and_comes_back_the_same(directory: str):
    quoted = quoted_directory(directory)
    assert quoted.isascii()
    assert not set(quoted) & set("\r\n\0")
    assert httpx.Headers({"x": quoted})["x"] == quoted


# Answers


async def fails(answer: Any, kind: type[OpencodeError], **options: Any) -> OpencodeError:
    async with client_of(Recorder(answer, **options)) as client:
        with pytest.raises(OpencodeError) as caught:
            await client.sessions.get(SES)
    error = caught.value
    assert type(error) is kind, repr(error)
    assert error.message
    for word in ("opencode.test", "s3cret", "4096", "Basic", "Traceback"):
        assert word not in error.message + error.hint
    return error


async def test_html_means_that_the_route_is_missing():
    error = await fails("<!doctype html><html>", UnreadableAnswer, headers={"content-type": "text/html; charset=utf-8"})
    assert "web page" in error.message
    assert error.hint


@pytest.mark.parametrize("text", ["", "nope", "{", '{"id":', "\0\0", "[" * 5000])
async def test_garbage_under_the_name_of_json_is_unreadable(text: str):
    await fails(text, UnreadableAnswer, headers=JSON)


async def test_another_content_type_is_unreadable():
    await fails(json.dumps(SESSION), UnreadableAnswer, headers={"content-type": "text/plain"})
    await fails(json.dumps(SESSION), UnreadableAnswer)


@pytest.mark.parametrize("data", [[], 5, "x", None, {}, {"id": "ses_1"}, {**SESSION, "time": 5}])
async def test_another_shape_is_unreadable_and_not_quoted(data: Any):
    error = await fails(json.dumps(data), UnreadableAnswer, headers=JSON)
    assert error.__cause__ is None


async def test_no_answer_where_one_is_needed_is_unreadable():
    await fails(None, UnreadableAnswer, status=204)


async def test_the_statuses_are_told_apart():
    await fails(None, ServerAuthError, status=401)
    await fails({"name": "NotFoundError", "data": {"message": "Session not found: ses_1"}}, NotFound, status=404)
    await fails({"_tag": "SessionBusyError", "message": "Session is busy: ses_1"}, Busy, status=409)
    await fails("boom", ServerFault, status=500)
    await fails("<html>", ServerFault, status=502, headers={"content-type": "text/html"})
    await fails("{broken", ServerFault, status=500, headers=JSON)


async def test_a_redirect_is_not_followed():
    recorder = Recorder(None, status=307, headers={"location": "http://evil.test/"})
    async with client_of(recorder) as client:
        with pytest.raises(UnreadableAnswer):
            await client.sessions.get(SES)
    assert len(recorder.requests) == 1


async def test_an_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(transport_module, "MAX_ANSWER", 1000)
    error = await fails("[" + " " * 2000 + "]", UnreadableAnswer, headers=JSON)
    assert "too large" in error.message


async def test_an_item_of_another_shape_is_left_out_with_a_warning(caplog: pytest.LogCaptureFixture):
    async with client_of(Recorder([SESSION, {"id": "sk-canary"}, SESSION])) as client:
        assert len(await client.sessions.list()) == 2
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "1 of 3" in record.message
    assert "sk-canary" not in caplog.text


# Over a real socket


def http(body: bytes, *, status: str = "200 OK", headers: str = "content-type: application/json\r\n") -> bytes:
    return f"HTTP/1.1 {status}\r\n{headers}content-length: {len(body)}\r\n\r\n".encode() + body


async def test_a_compressed_answer_is_read():
    body = gzip.compress(json.dumps(SESSION).encode())
    raw = http(body, headers="content-type: application/json\r\ncontent-encoding: gzip\r\n")
    async with tcp_server(answering(raw)) as url, OpencodeClient(url) as client:
        assert (await client.sessions.get(SES)).title == "A title"


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"", ServerUnreachable),
        (b"SSH-2.0-OpenSSH_9.2\r\n", ServerUnreachable),
        (http(b"{}")[:-5], ServerUnreachable),
        (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{", ServerUnreachable),
        (http(b"not gzip", headers="content-type: application/json\r\ncontent-encoding: gzip\r\n"), UnreadableAnswer),
    ],
    ids=["hangs up", "no HTTP", "half a head", "half a body", "bad gzip"],
)
async def test_broken_answers_are_told_apart(raw: bytes, kind: type[OpencodeError]):
    async with tcp_server(answering(raw)) as url, OpencodeClient(url) as client:
        with pytest.raises(OpencodeError) as caught:
            await client.sessions.get(SES)
    assert type(caught.value) is kind
    assert caught.value.hint


async def test_a_reset_connection_is_unreachable():
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.transport.abort()

    async with tcp_server(reset) as url, OpencodeClient(url) as client:
        with pytest.raises(ServerUnreachable):
            await client.sessions.get(SES)


async def test_nobody_listening_is_unreachable():
    async with tcp_server(answering(b"")) as url:
        pass
    async with OpencodeClient(url) as client:
        with pytest.raises(ServerUnreachable):
            await client.sessions.get(SES)


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await head(reader)
    await asyncio.Event().wait()


async def test_a_server_that_never_answers_times_out():
    async with tcp_server(silent) as url, OpencodeClient(url, timeout=0.05) as client:
        with pytest.raises(ServerTimeout):
            await client.sessions.get(SES)
        with pytest.raises(ServerTimeout):
            await client.health.get(timeout=0.05)


async def test_an_answer_that_drips_for_ever_times_out():
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with tcp_server(drip) as url, OpencodeClient(url, timeout=0.05) as client:
        with pytest.raises(ServerTimeout):
            await client.sessions.get(SES)


async def test_a_large_body_arrives_whole():
    got = bytearray()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = next(
            int(line.split(b":")[1])
            for line in (await head(reader)).splitlines()
            if line.lower().startswith(b"content-length")
        )
        got.extend(await reader.readexactly(length))
        writer.write(http(json.dumps(SESSION).encode()))
        await writer.drain()

    title = "é😀 " * 300_000
    async with tcp_server(take) as url, OpencodeClient(url) as client:
        await client.sessions.create(title=title)
    assert json.loads(bytes(got)) == {"title": title}


async def test_cancelling_a_call_cancels_it():
    async with tcp_server(silent) as url, OpencodeClient(url) as client:
        call = asyncio.create_task(client.sessions.get(SES))
        await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call


async def test_after_closing_a_call_says_so():
    client = client_of(Recorder([]))
    await client.aclose()
    await client.aclose()
    with pytest.raises(ServerUnreachable, match="our side"):
        await client.agents.list()


# Secrets


async def test_the_password_is_in_no_text_about_the_client():
    client = client_of(Recorder([]))
    assert "s3cret" not in repr(client) + repr(vars(client)) + repr(vars(client._transport))
    assert "s3cret" not in repr(vars(client._transport._auth))


async def test_a_refused_key_is_in_no_error_and_no_cause():
    body = {"name": "BadRequest", "data": {"message": 'Expected Auth, got {"key":"sk-canary"}'}}
    async with client_of(Recorder(body, status=400)) as client:
        with pytest.raises(OpencodeError) as caught:
            await client.auth.set_key("acme", SecretStr("sk-canary"))
    assert "sk-canary" not in caught.value.message + caught.value.hint + repr(caught.value)
    assert caught.value.__cause__ is None


async def test_a_key_that_could_not_be_sent_is_in_no_cause():
    async with client_of(Recorder(httpx.ConnectError("no"))) as client:
        with pytest.raises(ServerUnreachable) as caught:
            await client.auth.set_key("acme", SecretStr("sk-canary"))
    assert caught.value.__cause__ is None


async def test_the_environments_proxies_are_ignored(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with tcp_server(answering(http(json.dumps(SESSION).encode()))) as url, OpencodeClient(url) as client:
        assert (await client.sessions.get(SES)).id == SES


async def test_without_https_no_certificate_is_trusted():
    plain = Transport("http://h", username="", password=None, timeout=1, transport=None)
    assert plain._tls.cert_store_stats()["x509"] == 0
    assert plain._tls.check_hostname
    await plain.aclose()
