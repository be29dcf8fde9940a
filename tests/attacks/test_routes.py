"""Nobody without a right to gets anywhere: every registered route, of both applications, with every wrong key."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from sprintagen.api.access import RULES, access_to
from tests.served import COOKIE, ROOT, Served

if TYPE_CHECKING:
    from pathlib import Path

# The routes as the running application has them: in another process, since NiceGUI's application is one per process.
LIST_ROUTES = """
import json, sys
from pathlib import Path
from nicegui import app, core
from pydantic import SecretStr
from sprintagen.api.access import _paths, check_routes
from sprintagen.app import Application
from sprintagen.config import Settings
from sprintagen.services import AppInfo, build_services
settings = Settings(opencode_server_url="http://127.0.0.1:9", sprintagen_data_dir=Path(sys.argv[1]), _env_file=None)
application = Application(settings, build_services(settings, token=SecretStr("x" * 20), about=AppInfo(version="0")))
application.install()
app.add_route("/favicon.ico", lambda request: None)
check_routes(app.routes, application.api.routes)
def methods(routes):
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            prefix = route.include_context.prefix
            yield from ((prefix + path, verbs) for path, verbs in methods(inner.routes))
        else:
            paths = list(_paths([route]))
            yield from ((path, sorted(getattr(route, "methods", None) or ["GET"])) for path in paths)
print(json.dumps([*methods(app.routes), *methods(application.api.routes)]))
"""


@pytest.fixture(scope="session")
def routes(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Method and path of everything there is, ids filled in."""
    folder: Path = tmp_path_factory.mktemp("routes")
    arguments = [sys.executable, "-c", LIST_ROUTES, str(folder)]
    environment = {"PYTHONPATH": str(ROOT), "NICEGUI_STORAGE_PATH": str(folder), "PATH": "/usr/bin:/bin"}
    run = subprocess.run(
        arguments, capture_output=True, text=True, cwd=folder, env=environment, check=False, timeout=90
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout.splitlines()[-1])
    return sorted({(method, _filled(path)) for path, methods in found for method in methods})


def _filled(path: str) -> str:
    for name, value in {
        "{session_id}": "ses_1", "{permission_id}": "per_1", "{question_id}": "que_1", "{key:path}": "x",
        "{message_id}": "msg_1", "{path:path}": "x", "{key}": "x", "{name}": "x", "{prompt_id}": "x",
            "{upload_id}": "x", "{pty_id}": "pty_1",
    }.items():  # fmt: skip
        path = path.replace(name, value)
    assert "{" not in path, f"{path}: say what to fill in"
    return path


def test_the_route_table_is_the_whole_application(routes: list[tuple[str, str]]) -> None:
    assert {
        ("GET", "/"), ("GET", "/admin/chats"), ("GET", "/admin/chats/ses_1"), ("POST", "/sign-out"),
        ("GET", "/api/opencode/health"), ("DELETE", "/api/opencode/sessions/ses_1"), ("GET", "/api/opencode/events"),
        ("GET", "/api/opencode/openapi.json"), ("GET", "/_nicegui_ws/"),
    } <= set(routes)  # fmt: skip
    assert len(routes) > 30


def test_no_rule_is_left_without_a_route(routes: list[tuple[str, str]]) -> None:
    for rule in RULES:
        assert any(rule.covers(path) for _, path in routes), f"{rule.path} opens nothing"


WRONG_KEYS = {
    "no key": {},
    "dead cookie": {"cookie": f"{COOKIE}=" + "a" * 43},
    "broken cookie": {"cookie": f'{COOKIE}="; \\'},
    "wrong token": {"authorization": "Bearer " + "a" * 40},
    "token as basic": {"authorization": "Basic dGVzdC10b2tlbi1vZi10aGUtb3BlcmF0b3I6"},
    "token in the address": {"x-query": "token=test-token-of-the-operator"},
}


@pytest.mark.parametrize("key", list(WRONG_KEYS))
def test_every_route_is_closed_without_a_right_key(proxied: Served, routes: list[tuple[str, str]], key: str) -> None:
    headers = dict(WRONG_KEYS[key])
    query = headers.pop("x-query", "")
    with proxied.stranger(headers=headers) as visitor:
        for number, (method, path) in enumerate(routes):
            if access_to(path) == "public":
                continue
            # as the proxy has it, each from another address, so that no guess locks out the next
            address = {"x-forwarded-for": f"203.0.113.{number}"}
            answer = visitor.request(method, f"{path}?{query}" if query else path, headers=address)
            assert answer.status_code == 401, (method, path, answer)
            assert "set-cookie" not in answer.headers


def test_every_route_is_closed_to_another_sites_page(
    fortress: Served, routes: list[tuple[str, str]], member: httpx.Client
) -> None:
    session = member.cookies[COOKIE]
    foreign = {"cookie": f"{COOKIE}={session}", "origin": "https://evil.example"}
    with fortress.stranger(headers=foreign) as page:
        for method, path in routes:
            if access_to(path) == "public" and method in ("GET", "HEAD"):
                continue
            answer = page.request(method, path)
            assert answer.status_code == 403, (method, path, answer.status_code)
            assert "access-control-allow-origin" not in answer.headers
    assert member.get("/api/opencode/sessions").status_code == 200  # and nothing of that ended the session


def test_every_changing_route_wants_to_know_where_the_request_comes_from(
    fortress: Served, routes: list[tuple[str, str]], member: httpx.Client
) -> None:
    with fortress.stranger(headers={"cookie": f"{COOKIE}={member.cookies[COOKIE]}"}) as page:
        for method, path in routes:
            if method not in ("GET", "HEAD", "OPTIONS") and access_to(path) != "public":
                assert page.request(method, path).status_code == 403, (method, path)


def test_every_route_is_closed_under_another_host_name(
    fortress: Served, routes: list[tuple[str, str]], member: httpx.Client
) -> None:
    headers = {"cookie": f"{COOKIE}={member.cookies[COOKIE]}", "host": "rebound.evil.example"}
    with fortress.stranger(headers=headers) as page:
        for method, path in routes:
            assert page.request(method, path).status_code == 403, (method, path)


@pytest.mark.parametrize(
    "path",
    ["/docs", "/redoc", "/openapi.json", "/api/opencode", "/api/", "/api/opencode/../../admin/chats", "//admin/chats",
     "/admin", "/ADMIN/chats", "/admin/chats/", "/healthz/", "/sign-in/", "/_nicegui/client/x/upload/1", "/.env",
     "/_nicegui_ws/socket.io/?EIO=4&transport=polling", "/static/../token", "/%2e%2e/admin/chats", "/admin%2fchats"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "OPTIONS", "TRACE", "PROPFIND"])
def test_a_path_written_otherwise_opens_nothing(stranger: httpx.Client, method: str, path: str) -> None:
    request = stranger.build_request(method, "/")
    request = httpx.Request(method, request.url.copy_with(raw_path=path.encode()), headers=request.headers)
    answer = stranger.send(request)
    assert answer.status_code in (400, 401, 404, 405), (method, path, answer.status_code)


def test_preflights_of_other_sites_get_no_permission(stranger: httpx.Client) -> None:
    headers = {
        "origin": "https://evil.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
    }
    answer = stranger.options("/api/opencode/sessions", headers=headers)
    assert answer.status_code in (401, 403)
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("origin", ["http://[", "http://", "null", "https://[::1", "http://127.0.0.1:1:2"])
def test_an_origin_that_is_none_is_foreign(member: httpx.Client, origin: str) -> None:
    assert member.post("/api/opencode/sessions", headers={"origin": origin}).status_code == 403


def test_liveness_says_nothing(stranger: httpx.Client) -> None:
    assert stranger.get("/healthz").json() == {"ok": True}


def test_readiness_says_a_word_for_each_part_and_no_more(stranger: httpx.Client) -> None:
    said = stranger.get("/readyz").json()
    assert set(said) == {"ready", "database", "opencode"}
    assert {said["database"], said["opencode"]} <= {"ok", "starting", "waiting", "failed"}


def test_a_stranger_reads_no_metrics(stranger: httpx.Client) -> None:
    answer = stranger.get("/metrics")
    assert answer.status_code == 401
    assert "sprintagen_" not in answer.text
