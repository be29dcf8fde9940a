"""One call of every method of every resource, and the request it is: for the route tests and for the contract."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import SecretStr

from sprintagen.opencode import (
    AgentPrompt,
    FilePrompt,
    ModelRef,
    OpencodeClient,
    SessionModel,
    TextPrompt,
    message_id,
    part_id,
    permission_id,
    pty_id,
    question_id,
    session_id,
)
from sprintagen.opencode.resources.base import Resource
from tests.opencode.fakes import SESSION, TEXT, USER

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SES, MSG, PRT = session_id("ses_1"), message_id("msg_1"), part_id("prt_1")
PER, QUE, PTY = permission_id("per_1"), question_id("que_1"), pty_id("pty_1")
MODEL = ModelRef(provider_id="acme", model_id="m1", variant="high")
AT = datetime(2026, 11, 22, 22, 46, 41, 697000, tzinfo=UTC)
MESSAGE = {"info": USER, "parts": [TEXT]}
TERMINAL = {
    "id": "pty_1",
    "title": "Terminal 1",
    "command": "bash",
    "args": [],
    "cwd": "/a",
    "status": "running",
    "pid": 7,
}
WIRE_MODEL = {"providerID": "acme", "modelID": "m1"}


class Call(NamedTuple):
    """A method's name, how it is called, the request line that makes, its body, and the answer it is given."""

    name: str
    run: Callable[[OpencodeClient], Awaitable[Any]]
    line: str
    body: Any = None
    answer: Any = True


CALLS = [
    Call("sessions.list", lambda c: c.sessions.list(), "GET /session", None, [SESSION]),
    Call(
        "sessions.list",
        lambda c: c.sessions.list(directory="/a", limit=5, search="x y", roots=True, start=AT),
        "GET /session?directory=%2Fa&limit=5&search=x+y&roots=true&start=1795387601697",
        None,
        [],
    ),
    Call(
        "sessions.list_all",
        lambda c: c.sessions.list_all(),
        "GET /experimental/session?limit=500&archived=true",
        None,
        [],
    ),
    Call("sessions.get", lambda c: c.sessions.get(SES), "GET /session/ses_1", None, SESSION),
    Call("sessions.create", lambda c: c.sessions.create(), "POST /session", {}, SESSION),
    Call(
        "sessions.create",
        lambda c: c.sessions.create(
            title="T", parent_id=SES, agent="build", model=SessionModel(id="m1", provider_id="acme", variant="high")
        ),
        "POST /session",
        {
            "title": "T",
            "parentID": "ses_1",
            "agent": "build",
            "model": {"id": "m1", "providerID": "acme", "variant": "high"},
        },
        SESSION,
    ),
    Call(
        "sessions.update", lambda c: c.sessions.update(SES, title="T"), "PATCH /session/ses_1", {"title": "T"}, SESSION
    ),
    Call(
        "sessions.update",
        lambda c: c.sessions.update(SES, metadata={"from": SES}),
        "PATCH /session/ses_1",
        {"metadata": {"from": "ses_1"}},
        SESSION,
    ),
    Call(
        "sessions.update",
        lambda c: c.sessions.update(SES, archived=AT),
        "PATCH /session/ses_1",
        {"time": {"archived": 1795387601697}},
        SESSION,
    ),
    Call("sessions.delete", lambda c: c.sessions.delete(SES), "DELETE /session/ses_1"),
    Call(
        "sessions.move",
        lambda c: c.sessions.move(SES, "/a b"),
        "POST /experimental/control-plane/move-session",
        {"sessionID": "ses_1", "destination": {"directory": "/a b"}},
        None,
    ),
    Call("sessions.abort", lambda c: c.sessions.abort(SES), "POST /session/ses_1/abort"),
    Call("sessions.children", lambda c: c.sessions.children(SES), "GET /session/ses_1/children", None, [SESSION]),
    Call("sessions.todo", lambda c: c.sessions.todo(SES), "GET /session/ses_1/todo", None, [{"content": "a"}]),
    Call("sessions.diff", lambda c: c.sessions.diff(SES), "GET /session/ses_1/diff", None, []),
    Call(
        "sessions.diff",
        lambda c: c.sessions.diff(SES, message_id=MSG),
        "GET /session/ses_1/diff?messageID=msg_1",
        None,
        [{"file": "a.py", "patch": "…", "additions": 1, "deletions": 1, "status": "modified"}],
    ),
    Call(
        "sessions.statuses", lambda c: c.sessions.statuses(), "GET /session/status", None, {"ses_1": {"type": "busy"}}
    ),
    Call("sessions.fork", lambda c: c.sessions.fork(SES), "POST /session/ses_1/fork", {}, SESSION),
    Call(
        "sessions.fork",
        lambda c: c.sessions.fork(SES, message_id=MSG),
        "POST /session/ses_1/fork",
        {"messageID": "msg_1"},
        SESSION,
    ),
    Call(
        "sessions.revert",
        lambda c: c.sessions.revert(SES, MSG, part_id=PRT),
        "POST /session/ses_1/revert",
        {"messageID": "msg_1", "partID": "prt_1"},
        SESSION,
    ),
    Call("sessions.unrevert", lambda c: c.sessions.unrevert(SES), "POST /session/ses_1/unrevert", None, SESSION),
    Call("sessions.summarize", lambda c: c.sessions.summarize(SES, MODEL), "POST /session/ses_1/summarize", WIRE_MODEL),
    Call("sessions.share", lambda c: c.sessions.share(SES), "POST /session/ses_1/share", None, SESSION),
    Call("sessions.unshare", lambda c: c.sessions.unshare(SES), "DELETE /session/ses_1/share", None, SESSION),
    Call("messages.list", lambda c: c.messages.list(SES), "GET /session/ses_1/message", None, [MESSAGE]),
    Call(
        "messages.list",
        lambda c: c.messages.list(SES, limit=10, before="a=/+"),
        "GET /session/ses_1/message?limit=10&before=a%3D%2F%2B",
        None,
        [],
    ),
    Call(
        "messages.list_plain",
        lambda c: c.messages.list_plain(SES, limit=10, before="a=/+"),
        "GET /session/ses_1/message?limit=10&before=a%3D%2F%2B",
        None,
        [MESSAGE],
    ),
    Call("messages.get", lambda c: c.messages.get(SES, MSG), "GET /session/ses_1/message/msg_1", None, MESSAGE),
    Call("messages.delete", lambda c: c.messages.delete(SES, MSG), "DELETE /session/ses_1/message/msg_1"),
    Call(
        "messages.delete_part",
        lambda c: c.messages.delete_part(SES, MSG, PRT),
        "DELETE /session/ses_1/message/msg_1/part/prt_1",
    ),
    Call(
        "messages.prompt_async",
        lambda c: c.messages.prompt_async(SES, parts=[TextPrompt("hi")]),
        "POST /session/ses_1/prompt_async",
        {"parts": [{"type": "text", "text": "hi"}]},
        None,
    ),
    Call(
        "messages.prompt_async",
        lambda c: c.messages.prompt_async(
            SES,
            parts=[
                TextPrompt("hi", PRT),
                FilePrompt("text/plain", "data:text/plain;base64,aGk=", "a.txt", PRT),
                AgentPrompt("explore", PRT),
            ],
            message_id=MSG,
            agent="plan",
            model=MODEL,
            no_reply=True,
        ),
        "POST /session/ses_1/prompt_async",
        {
            "parts": [
                {"type": "text", "text": "hi", "id": "prt_1"},
                {
                    "type": "file",
                    "mime": "text/plain",
                    "url": "data:text/plain;base64,aGk=",
                    "filename": "a.txt",
                    "id": "prt_1",
                },
                {"type": "agent", "name": "explore", "id": "prt_1"},
            ],
            "messageID": "msg_1",
            "agent": "plan",
            "model": WIRE_MODEL,
            "variant": "high",
            "noReply": True,
        },
        None,
    ),
    Call(
        "messages.command",
        lambda c: c.messages.command(SES, "greet", "bob", message_id=MSG, agent="build", model=MODEL, variant="low"),
        "POST /session/ses_1/command",
        {
            "command": "greet",
            "arguments": "bob",
            "messageID": "msg_1",
            "agent": "build",
            "model": "acme/m1",
            "variant": "low",
        },
        MESSAGE,
    ),
    Call(
        "messages.shell",
        lambda c: c.messages.shell(SES, "ls", agent="build", model=MODEL, message_id=MSG),
        "POST /session/ses_1/shell",
        {"agent": "build", "command": "ls", "model": WIRE_MODEL, "messageID": "msg_1"},
        MESSAGE,
    ),
    Call(
        "permissions.list",
        lambda c: c.permissions.list(),
        "GET /permission",
        None,
        [{"id": "per_1", "sessionID": "ses_1", "permission": "bash"}],
    ),
    Call(
        "permissions.reply",
        lambda c: c.permissions.reply(PER, "once"),
        "POST /permission/per_1/reply",
        {"reply": "once"},
    ),
    Call(
        "permissions.reply",
        lambda c: c.permissions.reply(PER, "reject", "no"),
        "POST /permission/per_1/reply",
        {"reply": "reject", "message": "no"},
    ),
    Call(
        "questions.list", lambda c: c.questions.list(), "GET /question", None, [{"id": "que_1", "sessionID": "ses_1"}]
    ),
    Call(
        "questions.reply",
        lambda c: c.questions.reply(QUE, [["Red"], ["A", "own"]]),
        "POST /question/que_1/reply",
        {"answers": [["Red"], ["A", "own"]]},
    ),
    Call("questions.reject", lambda c: c.questions.reject(QUE), "POST /question/que_1/reject"),
    Call(
        "providers.usable",
        lambda c: c.providers.usable(),
        "GET /config/providers",
        None,
        {"providers": [], "default": {}},
    ),
    Call(
        "providers.connected", lambda c: c.providers.connected(), "GET /provider", None, {"all": [], "connected": ["a"]}
    ),
    Call("agents.list", lambda c: c.agents.list(), "GET /agent", None, [{"name": "build"}]),
    Call("config.get", lambda c: c.config.get(), "GET /config", None, {"share": "auto"}),
    Call("commands.list", lambda c: c.commands.list(), "GET /command", None, [{"name": "init"}]),
    Call("projects.list", lambda c: c.projects.list(), "GET /project", None, [{"id": "p", "worktree": "/"}]),
    Call(
        "projects.current", lambda c: c.projects.current(), "GET /project/current", None, {"id": "p", "worktree": "/"}
    ),
    Call("files.list", lambda c: c.files.list("src"), "GET /file?path=src", None, [{"name": "a", "path": "src/a"}]),
    Call("files.content", lambda c: c.files.content("a b"), "GET /file/content?path=a+b", None, {"content": "x"}),
    Call("files.read", lambda c: c.files.read("a b/c.py", limit=9), "GET /api/fs/read/a%20b/c.py", None, "text"),
    Call("files.find", lambda c: c.files.find("a"), "GET /find/file?query=a", None, ["a.py", "src/"]),
    Call(
        "files.find",
        lambda c: c.files.find("a", limit=3, type="file"),
        "GET /find/file?query=a&limit=3&type=file",
        None,
        [],
    ),
    Call("files.search", lambda c: c.files.search("a.*b"), "GET /find?pattern=a.%2Ab", None, [{"path": {"text": "a"}}]),
    Call("vcs.get", lambda c: c.vcs.get(), "GET /vcs", None, {"branch": "main", "default_branch": "main"}),
    Call("vcs.status", lambda c: c.vcs.status(), "GET /vcs/status", None, [{"file": "a"}]),
    Call("vcs.diff", lambda c: c.vcs.diff("branch"), "GET /vcs/diff?mode=branch", None, [{"file": "a", "patch": "…"}]),
    Call(
        "auth.set_key",
        lambda c: c.auth.set_key("acme", SecretStr("sk-1")),
        "PUT /auth/acme",
        {"type": "api", "key": "sk-1"},
    ),
    Call("auth.remove", lambda c: c.auth.remove("acme"), "DELETE /auth/acme"),
    Call(
        "auth.methods",
        lambda c: c.auth.methods(),
        "GET /provider/auth",
        None,
        {"acme": [{"type": "api", "label": "Key"}]},
    ),
    Call(
        "auth.authorize",
        lambda c: c.auth.authorize("acme", 1, {"host": "a.example"}),
        "POST /provider/acme/oauth/authorize",
        {"method": 1, "inputs": {"host": "a.example"}},
        {"url": "https://a.example", "method": "code", "instructions": ""},
    ),
    Call(
        "auth.complete",
        lambda c: c.auth.complete("acme", 1, SecretStr("code")),
        "POST /provider/acme/oauth/callback",
        {"method": 1, "code": "code"},
    ),
    Call(
        "auth.complete",
        lambda c: c.auth.complete("acme", 0, None),
        "POST /provider/acme/oauth/callback",
        {"method": 0},
    ),
    Call("mcp.statuses", lambda c: c.mcp.statuses(), "GET /mcp", None, {"a b": {"status": "connected"}}),
    Call("mcp.connect", lambda c: c.mcp.connect("a b"), "POST /mcp/a%20b/connect"),
    Call("mcp.disconnect", lambda c: c.mcp.disconnect("a"), "POST /mcp/a/disconnect"),
    Call(
        "mcp.authorize",
        lambda c: c.mcp.authorize("a"),
        "POST /mcp/a/auth",
        None,
        {"authorizationUrl": "https://a.example", "oauthState": "s"},
    ),
    Call(
        "mcp.complete",
        lambda c: c.mcp.complete("a", SecretStr("code")),
        "POST /mcp/a/auth/callback",
        {"code": "code"},
        {"status": "connected"},
    ),
    Call("mcp.sign_out", lambda c: c.mcp.sign_out("a"), "DELETE /mcp/a/auth"),
    Call("extensions.skills", lambda c: c.extensions.skills(), "GET /skill", None, [{"name": "s", "content": "…"}]),
    Call("extensions.language_servers", lambda c: c.extensions.language_servers(), "GET /lsp", None, [{"id": "ty"}]),
    Call("extensions.formatters", lambda c: c.extensions.formatters(), "GET /formatter", None, [{"name": "ruff"}]),
    Call("health.get", lambda c: c.health.get(), "GET /global/health", None, {"healthy": True, "version": "1.18.33"}),
    Call("health.check_config", lambda c: c.health.check_config(), "GET /config", None, {"provider": {"apiKey": "sk"}}),
    Call("health.paths", lambda c: c.health.paths(), "GET /path", None, {"directory": "/a"}),
    Call("instances.dispose", lambda c: c.instances.dispose(), "POST /instance/dispose"),
    Call("instances.dispose_all", lambda c: c.instances.dispose_all(), "POST /global/dispose"),
    Call("pty.list", lambda c: c.pty.list(), "GET /pty", None, [TERMINAL]),
    Call("pty.create", lambda c: c.pty.create(), "POST /pty", {}, TERMINAL),
    Call(
        "pty.create",
        lambda c: c.pty.create(title="Terminal 1", env={"A": "b"}),
        "POST /pty",
        {"title": "Terminal 1", "env": {"A": "b"}},
        TERMINAL,
    ),
    Call("pty.get", lambda c: c.pty.get(PTY), "GET /pty/pty_1", None, TERMINAL),
    Call("pty.update", lambda c: c.pty.update(PTY, title="t"), "PUT /pty/pty_1", {"title": "t"}, TERMINAL),
    Call(
        "pty.update",
        lambda c: c.pty.update(PTY, size=(80, 24)),
        "PUT /pty/pty_1",
        {"size": {"cols": 80, "rows": 24}},
        TERMINAL,
    ),
    Call("pty.remove", lambda c: c.pty.remove(PTY), "DELETE /pty/pty_1"),
    Call("pty.ticket", lambda c: c.pty.ticket(PTY), "POST /pty/pty_1/connect-token", None, {"ticket": "t"}),
]


def method_names() -> set[str]:
    """`sessions.list`, … : every public method of every resource a client has."""
    client = OpencodeClient("http://opencode.test")
    return {
        f"{noun}.{name}"
        for noun, resource in vars(client).items()
        if isinstance(resource, Resource)
        for name, _ in inspect.getmembers(resource, inspect.iscoroutinefunction)
        if not name.startswith("_")
    }
