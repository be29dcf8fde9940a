"""Ids, directories, files, bodies: nothing that a caller writes becomes a path, an address or a secret."""

from __future__ import annotations

from urllib.parse import quote

import httpx
import psutil
import pytest

from tests.attacks.conftest import PASSWORD, Upstream
from tests.served import TOKEN, Served

TRICKS = [
    "..", "%2e%2e", "..%2f..%2fauth", "%2e%2e%2fconfig", "ses_x%3Fdirectory=/etc", "ses_x%23", "ses_x%2Fmessage",
    "ses_x%00", "ses_x%0d%0aX:1", "http:%2F%2Fevil.example", "SES_1", "ses_%C3%A9", "ses_x;y", "ses_x%2e%2e",
    "ses_%ff", "%E2%80%AEses_1", "ses_" + "a" * 5000, "ses_x%5c..", "msg_1", "1", "null", "%20ses_1", "ses_1%20",
]  # fmt: skip


@pytest.fixture
def asked(upstream: Upstream) -> list[str]:
    """What reaches the other side from here on."""
    upstream.lines.clear()
    return upstream.lines


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick[:30])
def test_an_id_that_is_none_is_never_sent_on(program: httpx.Client, asked: list[str], trick: str) -> None:
    for method, tail in [
        ("GET", ""), ("DELETE", ""), ("PATCH", ""), ("GET", "/messages"), ("POST", "/messages"), ("POST", "/abort"),
        ("GET", "/todo"), ("GET", "/diff"), ("GET", "/export"), ("GET", "/revert"), ("GET", "/revert/preview"),
        ("POST", "/revert"), ("POST", "/redo"), ("POST", "/unrevert"), ("POST", "/fork"), ("POST", "/compact"),
        ("POST", "/share"), ("DELETE", "/share"), ("POST", "/messages/msg_1/resend"), ("POST", "/deletion"),
        ("DELETE", "/deletion"), ("PUT", "/pin"), ("DELETE", "/pin"),
    ]:  # fmt: skip
        url = program.base_url.copy_with(raw_path=f"/api/opencode/sessions/{trick}{tail}".encode())
        answer = program.send(
            program.build_request(method, url, json={"title": "x"} if method == "PATCH" else {"text": "x"})
        )
        assert answer.status_code in (400, 404, 405, 422), (method, tail, answer.text)
    for noun, body in (("permissions", {"reply": "once"}), ("questions", {"reject": True})):
        url = program.base_url.copy_with(raw_path=f"/api/opencode/{noun}/{trick}".encode())
        assert program.send(program.build_request("POST", url, json=body)).status_code in (400, 404, 405, 422)
    assert not [line for line in asked if "ses" in line or "evil" in line or "/etc" in line or ".." in line]


@pytest.mark.parametrize("name", ["session_id", "message_id", "before", "directory"])
@pytest.mark.parametrize("trick", ["..", "ses_x?directory=/etc", "\x00", "\r\nX: 1", "../../etc", "%2e%2e"])
def test_a_query_that_is_none_is_never_sent_on(program: httpx.Client, asked: list[str], name: str, trick: str) -> None:
    paths = {
        "session_id": ["permissions", "questions", "events"],
        "message_id": ["sessions/ses_1/diff", "sessions/ses_1/revert/preview"],
        "before": [],
        "directory": ["agents", "models", "files", "files/list", "files/content", "files/search"],
    }[name]
    for path in paths:
        answer = program.get(f"/api/opencode/{path}", params={name: trick})
        assert (answer.status_code, answer.json()["field"]) == (422, name)
    assert not [line for line in asked if quote(trick, safe="") in line]


@pytest.mark.parametrize(
    "trick",
    ["..", "../x", "src/../../x", "/etc/passwd", "~/x", "C:/x", "a\\b", "a\nb", "x\0y", "./../x", "x" * 5000],
    ids=lambda trick: repr(trick[:12]),
)
def test_a_path_that_leads_out_is_never_sent_on(program: httpx.Client, asked: list[str], trick: str) -> None:
    for tail in ("list", "content"):
        answer = program.get(f"/api/opencode/files/{tail}", params={"path": trick})
        assert (answer.status_code, answer.json()["field"]) == (422, "path")
    assert not [line for line in asked if "/file" in line or "/fs/" in line]


def test_no_answer_carries_anything_of_the_other_side(fortress: Served, program: httpx.Client) -> None:
    answers = [
        program.get("/api/opencode/health"),
        program.get("/api/opencode/agents"),
        program.get("/api/opencode/models"),
        program.get("/api/opencode/sessions/ses_1"),
        program.post("/api/opencode/sessions", json={}),
        program.post("/api/opencode/auth"),
        program.get("/admin/chats", headers={"accept": "text/html"}),
        program.get("/admin/chats/ses_1", headers={"accept": "text/html"}),
        program.get("/api/opencode/docs"),
    ]
    port = fortress.environment["OPENCODE_SERVER_URL"].rpartition(":")[2]
    for answer in answers:
        text = answer.text + str(answer.headers)
        for secret in (PASSWORD, f"127.0.0.1:{port}", "secret-stack.js", "Traceback", TOKEN):
            assert secret not in text, answer.url
    assert PASSWORD not in fortress.log
    assert TOKEN not in fortress.log


def test_no_secret_is_in_a_file_that_is_kept(fortress: Served, program: httpx.Client) -> None:
    session = fortress.sign_in()
    with fortress.member(session) as member:
        member.get("/admin/chats")
        member.put("/api/opencode/sessions/ses_1/pin")
    program.post("/api/opencode/sessions/ses_1/messages", json={"text": "x"})
    files = [path for path in fortress.folder.rglob("*") if path.is_file()]
    assert {"db.sqlite", "log"} <= {path.name for path in files}
    code = fortress.link.partition("code=")[2]
    for path in files:
        text = path.read_bytes()
        for secret in (PASSWORD, TOKEN, session, "secret-stack.js", *([code] if path.name != "out" else [])):
            assert secret.encode() not in text, f"{secret} in {path.name}"


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://169.254.169.254/", "/etc/passwd", "data:text/plain;base64,eA=="]
)
def test_a_file_is_taken_by_value_only(program: httpx.Client, asked: list[str], url: str) -> None:
    for file in (
        {"filename": "a", "mime": "text/plain", "url": url},
        {"filename": "a", "mime": "text/plain", "data": url},
    ):
        answer = program.post("/api/opencode/sessions/ses_1/messages", json={"text": "x", "files": [file]})
        assert answer.status_code == 422
        assert answer.json()["field"].startswith("files.0.")
    assert not [line for line in asked if "prompt" in line]


def test_another_content_type_is_not_read_as_json(program: httpx.Client) -> None:
    answer = program.post("/api/opencode/sessions", content='{"title": "x"}', headers={"content-type": "text/plain"})
    assert answer.status_code == 422


def test_anonymous_requests_do_not_make_the_process_grow(fortress: Served, stranger: httpx.Client) -> None:
    assert fortress.process is not None
    process = psutil.Process(fortress.process.pid)
    for _ in range(200):
        stranger.get("/admin/chats", headers={"accept": "text/html"})
    before = process.memory_info().rss
    for number in range(1000):
        stranger.get(f"/admin/chats/ses_{number}", headers={"accept": "text/html"})
    assert process.memory_info().rss - before < 8 * 1024 * 1024  # pages would be 57 MB


def test_a_strangers_upload_is_not_taken(stranger: httpx.Client, member: httpx.Client) -> None:
    upload = {"file": ("x.txt", b"x" * 1000)}
    path = "/_nicegui/client/00000000-0000-0000-0000-000000000000/upload/5"
    assert stranger.post(path, files=upload).status_code == 401
    assert member.post(path, files=upload, headers={"origin": "https://evil.example"}).status_code == 403
    assert member.post(path, files=upload).status_code in (404, 405)


def test_every_answer_has_the_headers_that_keep_browsers_honest(stranger: httpx.Client, member: httpx.Client) -> None:
    for answer in (
        stranger.get("/sign-in"), stranger.get("/admin/chats"), stranger.get("/healthz"), stranger.get("/nowhere"),
        member.get("/admin/chats"), member.get("/api/opencode/sessions"), member.get("/api/opencode/docs"),
        stranger.post("/sign-in", data={"token": "x"}, headers={"x-forwarded-for": "203.0.113.7"}),
    ):  # fmt: skip
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; ")
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "no-store" in answer.headers["cache-control"]
        assert "server" not in answer.headers
