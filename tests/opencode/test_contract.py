"""Our models and routes against the OpenAPI document the real server serves at `/doc`.

Where the two differ on purpose, the difference is written down here with its reason; one that is no more fails, too.
A new version of opencode starts with this file.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pydantic import SecretStr

from sprintagen.opencode import Connected, OpencodeClient, Received, UnknownEvent, events, models, parse_event
from sprintagen.opencode.models.base import WireModel
from tests.opencode.calls import CALLS, Call
from tests.opencode.fakes import Recorder, client_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

PASSWORD = "contract-test-password"

SCHEMAS: dict[type[WireModel], str] = {
    models.Session: "Session",
    models.SessionStatus: "SessionStatus",
    models.Todo: "Todo",
    models.FileDiff: "VcsFileDiff",
    models.UserMessage: "UserMessage",
    models.AssistantMessage: "AssistantMessage",
    models.MessageError: "APIError",
    models.TextPart: "TextPart",
    models.ReasoningPart: "ReasoningPart",
    models.ToolPart: "ToolPart",
    models.FilePart: "FilePart",
    models.AgentPart: "AgentPart",
    models.SubtaskPart: "SubtaskPart",
    models.StepStartPart: "StepStartPart",
    models.StepFinishPart: "StepFinishPart",
    models.PatchPart: "PatchPart",
    models.CompactionPart: "CompactionPart",
    models.RetryPart: "RetryPart",
    models.SnapshotPart: "SnapshotPart",
    models.ToolPending: "ToolStatePending",
    models.ToolRunning: "ToolStateRunning",
    models.ToolCompleted: "ToolStateCompleted",
    models.ToolError: "ToolStateError",
    models.PermissionRequest: "PermissionRequest",
    models.QuestionRequest: "QuestionRequest",
    models.Question: "QuestionInfo",
    models.QuestionOption: "QuestionOption",
    models.Agent: "Agent",
    models.Command: "Command",
    models.AuthMethod: "ProviderAuthMethod",
    models.Authorization: "ProviderAuthAuthorization",
    models.McpStatus: "MCPStatusFailed",
    models.LanguageServer: "LSPStatus",
    models.Formatter: "FormatterStatus",
    models.Provider: "Provider",
    models.Model: "Model",
    models.Project: "Project",
    models.Paths: "Path",
    models.Vcs: "VcsInfo",
    models.FileNode: "FileNode",
    models.FileContent: "FileContent",
    models.Pty: "Pty",
}

NOT_SENT = {
    "Todo.id": "older servers sent it",
}
"""Fields of ours the document does not have."""

NOT_READ = {
    "Session.workspaceID": "workspaces are not used",
    "SessionStatus.action": "an advertisement for a paid plan",
    "UserMessage.format": "structured output is not used",
    "UserMessage.tools": "never sent by us",
    "AssistantMessage.structured": "structured output is not used",
    "CompactionPart.tail_start_id": "opencode's own book-keeping",
    "Agent.permission": "not shown; dropped",
    "Agent.prompt": "not shown; dropped",
    "Agent.options": "may hold a key; dropped",
    "Agent.variant": "not shown; dropped",
    "Agent.steps": "not shown; dropped",
    "Agent.temperature": "not shown; dropped",
    "Agent.topP": "not shown; dropped",
    "Command.model": "not shown",
    "Command.subtask": "not shown",
    "Provider.key": "a key; dropped",
    "Provider.options": "holds a key; dropped",
    "Model.api": "the provider's address; dropped",
    "Model.family": "not shown; dropped",
    "Model.headers": "may hold a key; dropped",
    "Model.options": "may hold a key; dropped",
    "Model.release_date": "not shown; dropped",
    "Project.icon": "not shown",
    "Project.commands": "not shown",
    "FileContent.diff": "not used",
    "FileContent.patch": "not used",
}
"""Fields of the document without a name in our models. Unless dropped, they are in `model_extra`."""

NOT_DOCUMENTED = {"server.heartbeat"}
"""Kinds of events the server sends and the document does not list."""

NOT_PARSED = (
    r"session\.next\.|permission\.v2\.|question\.v2\.",  # the other generation of the API
    r"tui\.|lsp\.|mcp\.|worktree\.|workspace\.|installation\.",  # features we do not use
    r"plugin\.added|catalog\.updated|reference\.updated|models-dev\.refreshed|integration\.",  # noise of a start
    r"file\.watcher\.updated|project\.directories\.updated",  # says less than file.edited and project.updated
)
"""Kinds of events that stay an `UnknownEvent`."""


@pytest.fixture(scope="module")
def server(opencode_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real server with a home of its own."""
    home = tmp_path_factory.mktemp("opencode")
    project = home / "project"
    project.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "OPENCODE_SERVER_PASSWORD": PASSWORD,
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
        **{f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("DATA", "CONFIG", "STATE", "CACHE")},
    }
    with subprocess.Popen(
        [str(opencode_binary), "serve", "--hostname", "127.0.0.1", "--port", str(free_port())],
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            found = (re.search(r"listening on (http://\S+)", line) for line in process.stdout)
            yield next(match[1] for match in found if match)
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as listener:  # `--port 0` would take 4096 first, which may be somebody's own server
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def doc(server: str) -> dict[str, Any]:
    answer = httpx.get(f"{server}/doc", auth=("opencode", PASSWORD), timeout=60, trust_env=False)
    document: dict[str, Any] = answer.json()
    return document


def resolved(doc: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = doc["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def choices(doc: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The alternatives a schema allows, one level deep; itself when it has none."""
    schema = resolved(doc, schema)
    options = schema.get("anyOf") or schema.get("oneOf")
    return [resolved(doc, option) for option in options] if options else [schema]


def properties(doc: dict[str, Any], name: str) -> set[str]:
    return {key for option in choices(doc, {"$ref": f"/{name}"}) for key in option.get("properties", {})}


def samples(doc: dict[str, Any], schema: dict[str, Any], *, full: bool) -> list[Any]:
    """Values the schema allows, one for each alternative: with every property, or with the required ones only."""
    schema = resolved(doc, schema)
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return [value for option in options for value in samples(doc, option, full=full)]
    if "const" in schema:
        return [schema["const"]]
    if "enum" in schema:
        return list(schema["enum"])
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        required = schema.get("required", [])
        columns = {
            key: samples(doc, value, full=full)
            for key, value in schema.get("properties", {}).items()
            if full or key in required
        }
        rows = max((len(column) for column in columns.values()), default=1)
        more = schema.get("additionalProperties")
        extra = {"some key": samples(doc, more, full=full)[0]} if isinstance(more, dict) and more and full else {}
        return [{**extra, **{key: column[row % len(column)] for key, column in columns.items()}} for row in range(rows)]
    if kind == "array":
        return [samples(doc, schema.get("items", {}), full=full) if full else []]
    plain: dict[Any, Any] = {"string": "text", "number": 1.0, "integer": 1795387601799, "boolean": True, "null": None}
    return [plain.get(kind, {"any": "thing"})]


def test_every_field_of_ours_is_the_servers_or_a_written_difference(doc: dict[str, Any]):
    unknown = {
        f"{name}.{field.alias or key}"
        for model, name in SCHEMAS.items()
        for key, field in model.model_fields.items()
        if (field.alias or key) not in properties(doc, name) and name not in ("APIError",)
    }
    assert unknown == NOT_SENT.keys()


def test_every_field_of_the_servers_is_ours_or_a_written_difference(doc: dict[str, Any]):
    unread = {
        f"{name}.{key}"
        for model, name in SCHEMAS.items()
        for key in properties(doc, name) - {field.alias or key for key, field in model.model_fields.items()}
    }
    assert unread == NOT_READ.keys()


@pytest.mark.parametrize("model", SCHEMAS, ids=lambda model: model.__name__)
def test_whatever_the_document_allows_is_read(doc: dict[str, Any], model: type[WireModel]):
    for full in (True, False):
        for sample in samples(doc, {"$ref": f"/{SCHEMAS[model]}"}, full=full):
            read = model.model_validate(sample)
            assert not unreadable(read), read


def unreadable(value: Any) -> bool:
    if isinstance(value, (models.UnknownPart, models.UnknownMessage, models.ToolUnknown, UnknownEvent)):
        return True
    if isinstance(value, WireModel):
        return any(unreadable(getattr(value, name)) for name in type(value).model_fields)
    return any(map(unreadable, value)) if isinstance(value, list) else False


@pytest.mark.parametrize("union", ["Message", "Part", "ToolState"])
def test_every_member_of_a_union_is_one_of_ours(doc: dict[str, Any], union: str):
    ours = {name for model, name in SCHEMAS.items()}
    options = doc["components"]["schemas"][union].get("anyOf") or doc["components"]["schemas"][union]["oneOf"]
    assert {option["$ref"].rpartition("/")[2] for option in options} <= ours


def payloads(doc: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The schema of each kind of event, `sync` doubles aside."""
    union = resolved(doc, doc["components"]["schemas"]["GlobalEvent"]["properties"]["payload"])
    found = {}
    for option in union.get("anyOf") or union["oneOf"]:
        schema = resolved(doc, option)
        kind = resolved(doc, schema["properties"]["type"])
        name = kind.get("const") or kind["enum"][0]
        if name != "sync" and "properties" in schema["properties"]:
            found[name] = schema
    return found


def test_every_kind_of_event_is_ours_or_a_written_difference(doc: dict[str, Any]):
    sent = {name for name in payloads(doc) if not any(re.match(pattern, name) for pattern in NOT_PARSED)}
    assert sent | NOT_DOCUMENTED == events.KNOWN_TYPES


def test_every_event_the_document_allows_is_read(doc: dict[str, Any]):
    for name, schema in payloads(doc).items():
        if name not in events.KNOWN_TYPES:
            continue
        for full in (True, False):
            for sample in samples(doc, schema, full=full):
                event = parse_event(sample)
                assert event.type == name
                assert not unreadable(event), event


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.line)
async def test_every_request_of_ours_is_in_the_document(doc: dict[str, Any], call: Call):
    recorder = Recorder(call.answer, status=204 if call.answer is None else 200)
    async with client_of(recorder) as client:
        await call.run(client)
    method, path = recorder.request.method.lower(), recorder.request.url.path
    routes = [
        (template, route[method])
        for template, route in doc["paths"].items()
        if method in route and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template).replace("*", ".+"), path)
    ]
    template, route = min(routes, key=lambda found: found[0].count("{"))
    assert template.count("/") == path.count("/") or template.endswith("/*")
    parameters = {item["name"]: item for item in route.get("parameters", []) if item["in"] == "query"}
    assert set(recorder.request.url.params) <= parameters.keys()
    assert {name for name, item in parameters.items() if item.get("required")} <= set(recorder.request.url.params)
    schema = route.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if call.body is None:
        assert schema is None or not route["requestBody"].get("required")
    else:
        assert fits(doc, schema, call.body), schema


def fits(doc: dict[str, Any], schema: dict[str, Any], value: Any) -> bool:
    """Whether a body is allowed: names, required names, and plain types, all the way down."""
    schema = resolved(doc, schema)
    if not schema:
        return True
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return any(fits(doc, option, value) for option in options)
    if "const" in schema or "enum" in schema:
        return value in schema.get("enum", [schema.get("const")])
    kinds: dict[str, Any] = {"string": str, "boolean": bool, "number": (int, float), "integer": int, "array": list}
    if (kind := schema.get("type")) in kinds:
        is_kind = isinstance(value, kinds[kind])
        return is_kind and (kind != "array" or all(fits(doc, schema.get("items", {}), item) for item in value))
    if not isinstance(value, dict):
        return False
    known = schema.get("properties", {})
    others = schema.get("additionalProperties", {} if "properties" not in schema else False)
    if isinstance(others, dict):  # of an object without properties nothing is said
        known = {key: others for key in value} | known
    return (
        value.keys() <= known.keys()
        and set(schema.get("required", [])) <= value.keys()
        and all(fits(doc, known[key], item) for key, item in value.items())
    )


async def test_the_real_server_answers_every_reading_call(server: str):
    async with OpencodeClient(server, password=SecretStr(PASSWORD), timeout=60) as client:
        assert (await client.health.get(timeout=30)).healthy
        await client.health.check_config()
        session = await client.sessions.create(title="a title")
        assert session == await client.sessions.get(session.id)
        assert [found.id for found in await client.sessions.list()] == [session.id]
        assert [found.id for found in await client.sessions.list_all()] == [session.id]
        assert (await client.messages.list(session.id)).items == []
        assert {agent.name for agent in await client.agents.list()} >= {"build", "plan"}
        assert await client.commands.list()
        assert await client.projects.list()
        assert (await client.health.paths()).directory
        assert isinstance(await client.providers.connected(), list)
        assert (await client.providers.usable()).providers is not None
        assert await client.permissions.list() == []
        assert await client.questions.list() == []
        assert await client.sessions.statuses() == {}
        assert await client.files.list() == []
        assert await client.vcs.status() == []
        assert "openai" in await client.auth.methods()
        assert await client.mcp.statuses() == {}
        assert await client.extensions.skills()
        assert await client.extensions.language_servers() == []
        assert await client.extensions.formatters() is not None


async def test_half_a_surrogate_pair_is_survived_by_both_sides(server: str):
    async with OpencodeClient(server, password=SecretStr(PASSWORD), timeout=60) as client:
        session = await client.sessions.create(title="half \ud83d a pair")
        assert (await client.sessions.get(session.id)).title.startswith("half ")
        assert session.id in [found.id for found in await client.sessions.list()]
        await client.sessions.delete(session.id)


async def test_a_directory_of_any_name_reaches_the_real_server_as_it_is(server: str, tmp_path: Path):
    async with OpencodeClient(server, password=SecretStr(PASSWORD), timeout=60) as client:
        for name in ("a b", "100%25", "ünï😀", "a#b?c&d+e"):
            (tmp_path / name).mkdir()
            there = client.at(str(tmp_path / name))
            session = await there.sessions.create()
            assert session.directory == str(tmp_path / name)
            assert [found.id for found in await there.sessions.list(directory=session.directory)] == [session.id]


async def test_no_event_after_connected_is_lost(server: str):
    """The server subscribes a moment after its greeting; `SETTLING` covers that."""
    async with OpencodeClient(server, password=SecretStr(PASSWORD), timeout=60) as client, asyncio.timeout(90):
        await client.sessions.list()
        for _ in range(10):
            async with client.events(opening=60) as stream:
                assert isinstance(await anext(stream), Connected)
                session = await client.sessions.create()
                async for item in stream:
                    event = item.event if isinstance(item, Received) else None
                    if isinstance(event, events.SessionCreated) and event.session_id == session.id:
                        break
