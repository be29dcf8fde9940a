"""Every way opencode can fail becomes a problem document with a stable code, and tells nothing about the inside."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from sprintagen.api import errors as api_errors
from sprintagen.errors import Conflict, DatabaseError, NotSignedIn, SettingsError, TooLarge
from sprintagen.services.attempts import TooManyAttempts
from tests.api.conftest import PASSWORD, UPSTREAM, Wire

HTML = {"content-type": "text/html"}
STACK = {"name": "UnknownError", "data": {"message": "boom\n    at Object.<anonymous> (/srv/secret/index.js:1:2)"}}

TROUBLES: list[tuple[str, Any, dict[str, Any], int, str]] = [
    ("refused", httpx.ConnectError(f"[Errno 111] {UPSTREAM}"), {}, 502, "opencode_unreachable"),
    ("cut off", httpx.RemoteProtocolError("peer closed"), {}, 502, "opencode_unreachable"),
    ("silent", httpx.ReadTimeout(f"timed out {UPSTREAM}"), {}, 504, "opencode_timeout"),
    ("wrong password", {"error": PASSWORD}, {"status": 401}, 502, "opencode_auth_failed"),
    ("web page", "<html>hello</html>", {"headers": HTML}, 502, "opencode_unreadable"),
    ("garbage", b"\x00\xff{", {"headers": {"content-type": "application/json"}}, 502, "opencode_unreadable"),
    ("another shape", {"surprise": True}, {}, 502, "opencode_unreadable"),
    ("redirect", None, {"status": 302, "headers": {"location": "http://evil.example/"}}, 502, "opencode_unreadable"),
    ("fault", STACK, {"status": 500}, 502, "opencode_fault"),
    ("fault as a page", "<html>oh</html>", {"status": 503, "headers": HTML}, 502, "opencode_fault"),
    ("unknown session", {"name": "NotFoundError", "data": {}}, {"status": 404}, 404, "not_found"),
    ("busy", {"name": "SessionBusyError", "data": {}}, {"status": 409}, 409, "session_busy"),
    ("not taken", {"name": "BadRequest", "data": {}}, {"status": 400}, 422, "opencode_rejected"),
    ("too large", {"name": "TooLarge", "data": {}}, {"status": 413}, 413, "too_large"),
    ("teapot", {}, {"status": 418}, 502, "opencode_refused"),
]


def assert_is_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """A problem document of that kind in which nothing of the inside shows."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    body: dict[str, Any] = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"] == "about:blank"
    assert body["title"]
    assert body["detail"]
    everything = answer.text + str(answer.headers)
    for secret in (PASSWORD, "opencode.upstream.test", "4096", "Traceback", "index.js", "httpx", "evil.example"):
        assert secret not in everything
    return body


@pytest.mark.parametrize(
    ("answer", "how", "status", "code"), [item[1:] for item in TROUBLES], ids=[t[0] for t in TROUBLES]
)
@pytest.mark.parametrize(
    "request_line", ["GET sessions/ses_1", "DELETE sessions/ses_1", "POST sessions", "GET sessions/ses_1/messages"]
)
async def test_trouble_with_opencode_is_told_apart(
    wire: Wire, wired: httpx.AsyncClient, request_line: str, answer: Any, how: dict[str, Any], status: int, code: str
) -> None:
    wire.answer(answer, **how)
    method, path = request_line.split()
    assert_is_problem(await wired.request(method, path), status, code)


@pytest.mark.parametrize("path", ["agents", "models"])
async def test_a_catalog_that_cannot_be_read_is_a_gateway_error(
    wire: Wire, wired: httpx.AsyncClient, path: str
) -> None:
    wire.answer(httpx.ConnectError("refused"))
    assert_is_problem(await wired.get(path), 502, "opencode_unreachable")


async def test_the_words_of_a_rejection_do_not_repeat_what_was_sent(wire: Wire, wired: httpx.AsyncClient) -> None:
    wire.answer({"name": "BadRequest", "data": {"message": f"Expected string, got {PASSWORD}"}}, status=400)
    body = assert_is_problem(await wired.get("sessions/ses_1"), 422, "opencode_rejected")
    assert "Expected string" in body["detail"]


async def test_a_server_whose_address_is_not_known_yet_is_unreachable(wire: Wire, wired: httpx.AsyncClient) -> None:
    wire.services.server._client = None
    body = assert_is_problem(await wired.get("sessions/ses_1"), 502, "opencode_unreachable")
    assert body["hint"]


async def test_a_mistake_of_ours_says_nothing_and_is_logged(
    wire: Wire, wired: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_arguments: Any, **_more: Any) -> Any:
        raise RuntimeError(PASSWORD)

    monkeypatch.setattr(wire.services.sessions.listings, "window", broken)
    assert_is_problem(await wired.get("sessions"), 500, "internal")
    assert "unexpected error in GET" in caplog.text


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Conflict("It is so."), 409, "conflict"),
        (TooLarge("It is."), 413, "too_large"),
        (DatabaseError("It is locked."), 503, "database_unavailable"),
        (SettingsError(["SPRINTAGEN_PORT: wants a whole number"]), 503, "settings_invalid"),
        (NotSignedIn("Who are you?"), 401, "not_signed_in"),
        (TooManyAttempts("Slowly."), 429, "too_many_attempts"),
    ],
)
def test_our_own_errors_carry_their_code(error: Any, status: int, code: str) -> None:
    answer = api_errors.problem(error)
    assert answer.status_code == status
    assert json.loads(bytes(answer.body))["code"] == code


def test_who_guesses_too_often_is_told_when_to_come_back() -> None:
    assert int(api_errors.problem(TooManyAttempts("Slowly.")).headers["retry-after"]) > 0


def test_who_is_not_signed_in_is_told_how() -> None:
    assert api_errors.problem(NotSignedIn("Who are you?")).headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("GET", "sessions?limit=0", None, "limit"),
        ("GET", "sessions?limit=x", None, "limit"),
        ("GET", "sessions?origin=mine", None, "origin"),
        ("GET", "sessions?search=" + "x" * 201, None, "search"),
        ("POST", "sessions", {"title": "x" * 301}, "title"),
        ("POST", "sessions", {"name": "x"}, "name"),
        ("PATCH", "sessions/ses_1", {"archived": "perhaps"}, "archived"),
        ("PATCH", "sessions/ses_1", None, "body"),
        ("GET", "sessions/ses_1/messages?limit=501", None, "limit"),
        ("POST", "sessions/ses_1/messages", {}, "text"),
        ("POST", "sessions/ses_1/messages", {"text": " \n\t"}, "text"),
        ("POST", "sessions/ses_1/messages", {"text": 5}, "text"),
        ("POST", "sessions/ses_1/messages", {"text": "\ud800"}, "text"),
        ("POST", "sessions/ses_1/messages?wait=perhaps", {"text": "x"}, "wait"),
        ("POST", "sessions/ses_1/messages?timeout=0", {"text": "x"}, "timeout"),
        ("POST", "sessions/ses_1/messages", {"text": "x", "model": {"provider_id": "p"}}, "model.model_id"),
        ("POST", "sessions/ses_1/messages", {"files": [{"filename": "a", "mime": "x", "data": ""}]}, "files.0.mime"),
        (
            "POST",
            "sessions/ses_1/messages",
            {"files": [{"filename": "a", "mime": "a/b", "url": "file:///etc/passwd"}]},
            "files.0.data",
        ),
        ("POST", "permissions/per_1", {"reply": "perhaps"}, "reply"),
        ("POST", "questions/que_1", {}, "answers"),
        ("POST", "questions/que_1", {"answers": [["a"]], "reject": True}, "answers"),
        ("GET", "sessions/nonsense", None, "session_id"),
        ("GET", "sessions/ses_1/diff?message_id=x", None, "message_id"),
        ("POST", "permissions/ses_1", {"reply": "once"}, "permission_id"),
        ("POST", "questions/ses_1", {"reject": True}, "question_id"),
        ("GET", "permissions?session_id=x", None, "session_id"),
        ("GET", "questions?session_id=x", None, "session_id"),
        ("GET", "events?session_id=x", None, "session_id"),
        ("GET", "agents?directory=/etc", None, "directory"),
        ("GET", "models?directory=/etc", None, "directory"),
        ("POST", "sessions", {"directory": "/etc"}, "directory"),
        ("POST", "sessions", {"directory": "/workspace/repo/../../etc"}, "directory"),
        ("POST", "sessions", {"directory": "relative"}, "directory"),
        ("POST", "sessions", {"title": " "}, "title"),
        ("POST", "auth", {"key": "x"}, "key"),
    ],
)
async def test_what_cannot_be_used_is_named(
    client: httpx.AsyncClient, method: str, path: str, body: Any, field: str
) -> None:
    # not httpx's own JSON, which refuses half a surrogate pair
    content = json.dumps(body) if body is not None else None
    answer = await client.request(method, path, content=content, headers={"content-type": "application/json"})
    document = assert_is_problem(answer, 422, "invalid_input")
    assert document["field"] == field
    assert "Value error" not in answer.text


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"text": NaN', b"null", b"[]", b'"x"'])
async def test_a_body_that_is_none_is_refused(client: httpx.AsyncClient, content: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = await client.post("sessions/ses_1/messages", content=content, headers=headers)
    assert answer.status_code in (400, 422)
    assert_is_problem(answer, answer.status_code, answer.json()["code"])


async def test_an_unknown_address_below_the_api_is_a_problem_too(client: httpx.AsyncClient) -> None:
    assert_is_problem(await client.get("nothing/here"), 404, "not_found")


async def test_a_method_that_is_not_taken_is_told_with_those_that_are(client: httpx.AsyncClient) -> None:
    answer = await client.put("sessions/ses_1")
    assert_is_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"]
