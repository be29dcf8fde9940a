"""The guard: nobody gets past it without a right to, by HTTP or by socket."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from sprintagen.api import guard as guard_module
from sprintagen.api.arrivals import Arrivals
from sprintagen.api.guard import COOKIE, Guard
from sprintagen.api.hosts import HostRules
from sprintagen.services.metrics import Metrics
from sprintagen.services.refs import OPERATOR, Actor

HOME = {"host": "localhost:8080"}
OWN_ORIGIN = {**HOME, "origin": "http://localhost:8080"}
TOKEN = "token-of-the-operator"


class FakeSignIns:
    def __init__(self) -> None:
        self.sessions = {"alive": OPERATOR}

    async def check(self, session_id: str) -> Actor | None:
        return self.sessions.get(session_id)

    def is_open(self, session_id: str) -> bool:
        return session_id in self.sessions

    def check_token(self, token: str, address: str) -> Actor | None:
        return OPERATOR if token == TOKEN else None


async def show(request: Request) -> PlainTextResponse:
    body = await request.body()
    return PlainTextResponse(f"{request.state.actor.name} {len(body)} {request.headers.get('x-forwarded-prefix')}")


async def open_page(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("open")


async def echo(socket: WebSocket) -> None:
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.send_text(await socket.receive_text())


@pytest.fixture
def guard() -> Guard:
    app = Starlette(
        routes=[
            Route("/admin/chats", show, methods=["GET", "POST"]),
            Route("/sign-in", open_page, methods=["GET", "POST"]),
            Route("/uncovered", open_page),
            WebSocketRoute("/_nicegui_ws/socket.io", echo),
        ]
    )
    return Guard(app, sign_ins=FakeSignIns(), hosts=HostRules(), metrics=Metrics())  # type: ignore[arg-type]


@pytest.fixture
def stranger(guard: Guard) -> TestClient:
    return TestClient(guard, headers=HOME, follow_redirects=False)


@pytest.fixture
def member(guard: Guard) -> TestClient:
    return TestClient(guard, headers=HOME, cookies={COOKIE: "alive"}, follow_redirects=False)


def test_a_stranger_gets_a_problem_document(stranger: TestClient) -> None:
    answer = stranger.get("/admin/chats")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_signed_in"


def test_a_strangers_browser_is_led_to_the_sign_in_page(stranger: TestClient) -> None:
    answer = stranger.get("/admin/chats?x=1", headers={"accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fadmin%2Fchats%3Fx%3D1"


@pytest.mark.parametrize("cookie", ["dead", "", "alive2", '"'])
def test_a_wrong_cookie_is_no_session(stranger: TestClient, cookie: str) -> None:
    assert stranger.get("/admin/chats", headers={"cookie": f"{COOKIE}={cookie}"}).status_code == 401


def test_a_session_gets_in(member: TestClient) -> None:
    assert member.get("/admin/chats").text.startswith("operator 0")


def test_the_token_gets_in_without_origin(stranger: TestClient) -> None:
    answer = stranger.post("/admin/chats", content=b"abc", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.text.startswith("operator 3")


@pytest.mark.parametrize("value", ["Bearer wrong", "Bearer", f"Basic {TOKEN}", TOKEN, ""])
def test_a_wrong_token_does_not_fall_back_to_the_cookie(member: TestClient, value: str) -> None:
    assert member.get("/admin/chats", headers={"authorization": value}).status_code == 401


def test_a_foreign_host_name_is_refused_even_with_a_session(member: TestClient) -> None:
    assert member.get("/admin/chats", headers={"host": "evil.example"}).status_code == 403
    assert member.get("/sign-in", headers={"host": "evil.example"}).status_code == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:9999"])
def test_a_foreign_origin_cannot_use_the_session(member: TestClient, origin: str) -> None:
    assert member.post("/admin/chats", headers={"origin": origin}).status_code == 403
    assert member.get("/admin/chats", headers={"origin": origin}).status_code == 403


def test_a_change_by_cookie_has_to_say_where_it_comes_from(member: TestClient) -> None:
    assert member.post("/admin/chats").status_code == 403
    assert member.post("/admin/chats", headers=OWN_ORIGIN).status_code == 200


def test_another_sites_subresource_is_refused_but_its_link_is_followed(member: TestClient) -> None:
    cross = {"sec-fetch-site": "cross-site"}
    assert member.get("/admin/chats", headers={**cross, "sec-fetch-mode": "no-cors"}).status_code == 403
    assert member.get("/admin/chats", headers={**cross, "sec-fetch-mode": "navigate"}).status_code == 200


def test_the_sign_in_form_cannot_be_posted_from_elsewhere(stranger: TestClient) -> None:
    assert stranger.post("/sign-in", headers={"origin": "http://evil.example"}).status_code == 403
    assert stranger.post("/sign-in", headers=OWN_ORIGIN).status_code == 200


def test_a_path_without_a_rule_is_not_served_to_anybody(member: TestClient) -> None:
    assert member.get("/uncovered").status_code == 404


def test_a_forwarded_prefix_does_not_reach_the_application(member: TestClient) -> None:
    answer = member.get("/admin/chats", headers={"x-forwarded-prefix": "https://evil.example"})
    assert answer.text.endswith("None")


def test_security_headers_are_on_every_answer(member: TestClient, stranger: TestClient) -> None:
    for answer in (member.get("/admin/chats"), stranger.get("/admin/chats"), stranger.get("/sign-in")):
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"


def test_a_declared_body_that_is_too_large_is_refused(member: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard_module, "MAX_BODY", 10)
    answer = member.post("/admin/chats", content=b"x" * 11, headers=OWN_ORIGIN)
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"


def test_an_undeclared_body_that_grows_too_large_is_refused(
    member: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard_module, "MAX_BODY", 10)
    answer = member.post("/admin/chats", content=iter([b"x" * 6, b"x" * 6]), headers=OWN_ORIGIN)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "headers",
    [
        OWN_ORIGIN,
        {**OWN_ORIGIN, "cookie": f"{COOKIE}=dead"},
        {**HOME, "cookie": f"{COOKIE}=alive"},
        {**HOME, "origin": "http://evil.example", "cookie": f"{COOKIE}=alive"},
        {"host": "evil.example", "origin": "http://evil.example", "cookie": f"{COOKIE}=alive"},
    ],
    ids=["no session", "dead session", "no origin", "foreign origin", "foreign host"],
)
def test_the_socket_is_closed_to_who_has_no_right_to_it(guard: Guard, headers: dict[str, str]) -> None:
    with (
        pytest.raises(WebSocketDisconnect) as caught,
        TestClient(guard).websocket_connect("/_nicegui_ws/socket.io", headers=headers),
    ):
        pass
    assert caught.value.code == 1008


def test_the_socket_opens_for_a_session_of_our_own_page(member: TestClient) -> None:
    with member.websocket_connect("/_nicegui_ws/socket.io", headers=OWN_ORIGIN) as socket:
        socket.send_text("hello")
        assert socket.receive_text() == "hello"


async def test_signing_out_closes_the_sessions_live_sockets(guard: Guard) -> None:
    incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    outgoing: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    headers = {**OWN_ORIGIN, "cookie": f"{COOKIE}=alive"}
    scope = {
        "type": "websocket",
        "path": "/_nicegui_ws/socket.io",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "subprotocols": [],
    }
    await incoming.put({"type": "websocket.connect"})
    serving = asyncio.create_task(guard(scope, incoming.get, outgoing.put))  # type: ignore[arg-type]
    assert (await outgoing.get())["type"] == "websocket.accept"
    guard.end_session("alive")
    closed = await outgoing.get()
    assert (closed["type"], closed["reason"]) == ("websocket.close", "signed_out")
    await serving


def test_under_a_root_path_the_same_rules_hold_and_the_way_to_the_sign_in_page_has_it(guard: Guard) -> None:
    guard._arrivals = Arrivals("/tools/agent")
    browser = TestClient(guard, headers=HOME, follow_redirects=False)
    for path in ("/admin/chats?x=1", "/tools/agent/admin/chats?x=1"):
        answer = browser.get(path, headers={"accept": "text/html"})
        assert answer.status_code == 303
        assert answer.headers["location"] == "/tools/agent/sign-in?next=%2Fadmin%2Fchats%3Fx%3D1"
    assert browser.get("/tools/agent/sign-in").text == "open"
    assert browser.get("/tools/agent/uncovered").status_code == 404
    assert browser.get("/tools/agent/tools/agent/sign-in").status_code == 404


@pytest.mark.parametrize("root", ["", "/tools/agent"])
async def test_a_long_question_of_a_socket_ends_with_its_session(guard: Guard, root: str) -> None:
    guard._arrivals = Arrivals(root)
    asked = asyncio.Event()

    async def wait_for_ever(_scope: Any, _receive: Any, _send: Any) -> None:
        asked.set()
        await asyncio.Event().wait()

    guard._app = wait_for_ever
    outgoing: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    asking = asyncio.create_task(guard(_polling_scope(), asyncio.Queue().get, outgoing.put))  # type: ignore[arg-type]
    await asked.wait()
    assert guard.sessions_in_use() == ["alive"]
    guard.end_session("alive")
    await asking
    assert (await outgoing.get())["status"] == 401
    assert guard.sessions_in_use() == []


async def test_an_event_stream_that_begins_after_the_session_has_ended_ends_at_once(guard: Guard) -> None:
    begun = asyncio.Event()

    async def begin_late(_scope: Any, _receive: Any, send: Any) -> None:
        guard._sign_ins.sessions.clear()  # type: ignore[attr-defined]
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        begun.set()
        await asyncio.Event().wait()

    guard._app = begin_late
    outgoing: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    async with asyncio.timeout(10):
        await guard(_polling_scope() | {"path": "/api/opencode/events"}, asyncio.Queue().get, outgoing.put)  # type: ignore[arg-type]
    assert (await outgoing.get())["status"] == 200
    assert (await outgoing.get())["more_body"] is False


def _polling_scope() -> dict[str, Any]:
    headers = {**OWN_ORIGIN, "cookie": f"{COOKIE}=alive"}
    return {
        "type": "http",
        "method": "GET",
        "path": "/_nicegui_ws/socket.io/",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
