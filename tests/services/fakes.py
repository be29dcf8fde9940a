"""A small opencode in memory: the client's own methods, real models, and events as the real server orders them.

A prompt is answered at once with `answers[session]` or an echo, unless the session is told to `wait`: then the turn
stays open until `finish` or `fail`. Only what the services use is here.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import SecretStr

from sprintagen.opencode import errors, events
from sprintagen.opencode.ids import SessionID, new_message_id, new_part_id
from sprintagen.opencode.models import (
    Agent,
    AssistantMessage,
    AuthMethod,
    Authorization,
    Command,
    Config,
    FileContent,
    FileDiff,
    FileNode,
    FilePart,
    FilePrompt,
    Formatter,
    Health,
    McpStatus,
    Message,
    MessageError,
    MessagePage,
    MessageTime,
    MessageWithParts,
    Model,
    Part,
    PartTime,
    Paths,
    PermissionRequest,
    PlainPage,
    Project,
    Provider,
    ProviderList,
    QuestionRequest,
    Revert,
    Session,
    SessionStatus,
    SessionTime,
    Share,
    Skill,
    TextPart,
    TextPrompt,
    Todo,
    UserMessage,
    Vcs,
)
from sprintagen.opencode.models.place import FileBytes, SearchMatch
from sprintagen.opencode.stream import Connected, Disconnected, Received, StreamItem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sprintagen.opencode.events import Event

DIRECTORY = "/workspace/repo"
ABORTED = MessageError(name="MessageAbortedError", data={"message": "Aborted"})


class FakeStream:
    """The event stream; `push` puts an item into it."""

    def __init__(self) -> None:
        self.items: asyncio.Queue[StreamItem | Exception | None] = asyncio.Queue()
        self.retries = 0
        self.given_up = 0
        self.is_mute = False
        """It carries heartbeats and no events."""

    def __aiter__(self) -> FakeStream:
        return self

    async def __anext__(self) -> StreamItem:
        item = await self.items.get()
        if item is None:
            raise StopAsyncIteration
        if isinstance(item, Exception):
            raise item
        return item

    def push(self, item: StreamItem) -> None:
        if not self.is_mute or not isinstance(item, Received) or isinstance(item.event, events.ServerHeartbeat):
            self.items.put_nowait(item)

    def give_up(self) -> None:
        self.given_up += 1

    def retry_now(self) -> None:
        self.retries += 1

    async def aclose(self) -> None:
        self.items.put_nowait(None)


class FakeOpencode:
    """The server's state, and the client's methods over it."""

    def __init__(self, directory: str = DIRECTORY) -> None:
        self.directory = directory
        self.stream = FakeStream()
        self.stored: dict[SessionID, Session] = {}
        self.history: dict[SessionID, list[MessageWithParts]] = {}
        self.busy: dict[SessionID, SessionStatus] = {}
        self.waiting: set[SessionID] = set()
        self.asked: dict[str, PermissionRequest | QuestionRequest] = {}
        self.todos: dict[SessionID, list[Todo]] = {}
        self.keys: dict[str, SecretStr] = {}
        self.loaded: set[str] = set()
        self.known_providers = {"openrouter", "anthropic", "openai"}
        self.projects_known = [Project(id="p1", worktree=directory)]  # type: ignore[arg-type]
        self.calls: list[str] = []
        self.broken: dict[str, list[Exception]] = {}
        """By the name of a call: what it raises, once each."""
        self.prompts_lost = 0
        """So many prompts are answered 204 and then never stored."""
        self.refuses_agent = ""
        self.sign_in_url = "https://provider.example/agree"
        self.mcp_servers = {"files": McpStatus(status="connected"), "wiki": McpStatus(status="needs_auth")}
        self._numbers = itertools.count(1)
        self.sessions = _Sessions(self)
        self.messages = _Messages(self)
        self.permissions = _Permissions(self)
        self.questions = _Questions(self)
        self.providers = _Providers(self)
        self.agents = _Agents(self)
        self.commands = _Commands(self)
        self.files = _Files(self)
        self.file_bytes: dict[str, bytes] = {}
        self.text_matches: list[SearchMatch] = []
        self.config = _Configuration(self)
        self.sharing = "manual"
        self.vcs = _Vcs(self)
        self.branch: str | None = "main"
        self.git_changes: list[FileDiff] = []
        self.projects = _Projects(self)
        self.health = _Health(self)
        self.auth = _Auth(self)
        self.instances = _Instances(self)
        self.mcp = _Mcp(self)
        self.extensions = _Extensions(self)

    def at(self, directory: str | None) -> FakeOpencode:
        return self

    def events(self) -> FakeStream:
        return self.stream

    async def aclose(self) -> None:
        self.calls.append("aclose")

    # -- what tests do ------------------------------------------------------------------------------------------------

    def connect(self) -> None:
        self.stream.push(Connected(datetime.now(UTC)))

    def disconnect(self, error: errors.OpencodeError | None = None) -> None:
        self.stream.push(Disconnected(datetime.now(UTC), error or errors.ServerUnreachable("It is away."), 0.1))

    def emit(self, event: Event, directory: str | None = None) -> None:
        self.stream.push(Received(directory or self.directory, event))

    def add_session(self, title: str = "A session", *, parent_id: SessionID | None = None, **more: Any) -> SessionID:
        """A session that was made by somebody else; announced."""
        number = next(self._numbers)
        session_id = SessionID(f"ses_{number:04d}")
        now = datetime.now(UTC)
        session = Session(
            id=session_id,
            directory=more.pop("directory", self.directory),
            title=title,
            parent_id=parent_id,
            time=SessionTime(created=now, updated=now),
            **more,
        )
        self.stored[session_id] = session
        self.history.setdefault(session_id, [])
        self.emit(events.SessionCreated(session_id=session_id, info=session))
        return session_id

    def change_session(self, session_id: SessionID, **fields: Any) -> None:
        session = self.stored[session_id].model_copy(update=fields)
        self.stored[session_id] = session
        self.emit(events.SessionUpdated(session_id=session_id, info=session))

    def forget_session(self, session_id: SessionID) -> None:
        """Deleted by somebody else; announced."""
        session = self.stored.pop(session_id)
        self.history.pop(session_id, None)
        self.emit(events.SessionDeleted(session_id=session_id, info=session))

    def status(self, session_id: SessionID, kind: str, **more: Any) -> None:
        status = SessionStatus(type=kind, **more)
        if kind == "idle":
            self.busy.pop(session_id, None)
        else:
            self.busy[session_id] = status
        self.emit(events.SessionStatusChanged(session_id=session_id, status=status))

    def ask(self, request: PermissionRequest | QuestionRequest) -> None:
        self.asked[request.id] = request
        if isinstance(request, PermissionRequest):
            self.emit(events.PermissionAsked(request=request))
        else:
            self.emit(events.QuestionAsked(request=request))

    def finish(self, session_id: SessionID, text: str = "done", *, error: MessageError | None = None) -> None:
        """End the turn that waits, with events in the real order."""
        self.waiting.discard(session_id)
        prompt = next(m for m in reversed(self.history[session_id]) if isinstance(m.info, UserMessage))
        now = datetime.now(UTC)
        info = AssistantMessage(
            id=new_message_id(), session_id=session_id, parent_id=prompt.info.id, time=MessageTime(created=now)
        )
        part = TextPart(
            id=new_part_id(), session_id=session_id, message_id=info.id, text=text, time=PartTime(start=now, end=now)
        )
        self._store(session_id, info, [])
        if error is not None:
            self.emit(events.SessionErrored(session_id=session_id, error=error))
            self.status(session_id, "idle")
        else:
            self._store(session_id, info, [part])
        ended = info.model_copy(update={"time": MessageTime(created=now, completed=now), "error": error})
        self._store(session_id, ended, [] if error else [part])
        self.status(session_id, "idle")
        self.emit(events.SessionIdle(session_id=session_id))

    # -- inside -------------------------------------------------------------------------------------------------------

    async def call(self, name: str) -> None:
        self.calls.append(name)
        await asyncio.sleep(0)
        if self.broken.get(name):
            raise self.broken[name].pop(0)

    def session(self, session_id: SessionID) -> Session:
        if session_id not in self.stored:
            raise errors.NotFound(f"Session not found: {session_id}", status=404)
        return self.stored[session_id]

    def _store(self, session_id: SessionID, info: Message, parts: list[Part]) -> None:
        history = [item for item in self.history[session_id] if item.info.id != info.id]
        place = next((n for n, item in enumerate(self.history[session_id]) if item.info.id == info.id), len(history))
        history.insert(place, MessageWithParts(info=info, parts=parts))
        self.history[session_id] = history
        self.emit(events.MessageUpdated(session_id=session_id, info=info))
        for part in parts:
            self.emit(events.PartUpdated(session_id=session_id, part=part))

    def take_prompt(self, session_id: SessionID, message_id: Any, parts: list[Any]) -> None:
        """Store a prompt and run its turn, as the server does after its 204."""
        if session_id not in self.stored:
            return
        self._remove_reverted(session_id)
        is_repeat = any(item.info.id == message_id for item in self.history[session_id])
        info = UserMessage(id=message_id, session_id=session_id, time=MessageTime(created=datetime.now(UTC)))
        stored: list[Part] = []
        for part in parts:
            place = {"id": part.id, "session_id": session_id, "message_id": message_id}
            if isinstance(part, TextPrompt):
                stored.append(TextPart(text=part.text, **place))
            elif isinstance(part, FilePrompt):
                stored.append(FilePart(mime=part.mime, url=part.url, filename=part.filename, **place))
        earlier = [part for item in self.history[session_id] if item.info.id == message_id for part in item.parts]
        stored = [part for part in earlier if part.id not in {one.id for one in stored}] + stored
        self._store(session_id, info, stored)
        if is_repeat and session_id not in self.busy:
            answered = any(getattr(item.info, "parent_id", None) == message_id for item in self.history[session_id])
            if answered:
                return
        self.status(session_id, "busy")
        if session_id not in self.waiting:
            self.finish(session_id, "echo")

    def _remove_reverted(self, session_id: SessionID) -> None:
        """As the next prompt does."""
        revert = self.stored[session_id].revert
        if revert is None:
            return
        ids = [item.info.id for item in self.history[session_id]]
        gone = ids[ids.index(revert.message_id) :]
        self.history[session_id] = [item for item in self.history[session_id] if item.info.id not in gone]
        for message_id in gone:
            self.emit(events.MessageRemoved(session_id=session_id, message_id=message_id))
        self.change_session(session_id, revert=None)


class _Noun:
    def __init__(self, server: FakeOpencode) -> None:
        self.server = server


class _Sessions(_Noun):
    async def list_all(self) -> list[Session]:
        await self.server.call("sessions.list_all")
        return list(self.server.stored.values())

    async def list(self, **_filters: Any) -> Any:
        await self.server.call("sessions.list")
        return list(self.server.stored.values())

    async def get(self, id: SessionID) -> Session:
        await self.server.call("sessions.get")
        return self.server.session(id)

    async def create(self, *, title: str | None = None, metadata: dict[str, Any] | None = None) -> Session:
        await self.server.call("sessions.create")
        return self.server.stored[self.server.add_session(title or "New session", metadata=metadata)]

    async def update(
        self, id: SessionID, *, title: str | None = None, metadata: dict[str, Any] | None = None
    ) -> Session:
        await self.server.call("sessions.update")
        self.server.session(id)
        self.server.change_session(
            id, **{key: value for key, value in (("title", title), ("metadata", metadata)) if value is not None}
        )
        return self.server.stored[id]

    async def delete(self, id: SessionID) -> None:
        await self.server.call("sessions.delete")
        self.server.session(id)
        self.server.forget_session(id)

    async def abort(self, id: SessionID) -> None:
        await self.server.call("sessions.abort")
        if id in self.server.busy:
            self.server.finish(id, error=ABORTED)

    async def todo(self, id: SessionID) -> Any:
        await self.server.call("sessions.todo")
        return self.server.todos.get(id, [])

    async def diff(self, id: SessionID, *, message_id: Any = None) -> Any:
        await self.server.call("sessions.diff")
        return []

    async def fork(self, id: SessionID, *, message_id: Any = None) -> Session:
        await self.server.call("sessions.fork")
        source = self.server.session(id)
        made = self.server.add_session(f"{source.title} (fork #1)", metadata=source.metadata)
        history = self.server.history[id]
        end = next((n for n, item in enumerate(history) if item.info.id == message_id), len(history))
        self.server.history[made] = [
            MessageWithParts(info=item.info.model_copy(update={"id": new_message_id()}), parts=item.parts)
            for item in history[:end]
        ]
        return self.server.stored[made]

    async def revert(self, id: SessionID, message_id: Any) -> Session:
        await self.server.call("sessions.revert")
        self._not_busy(id)
        if any(item.info.id == message_id for item in self.server.history[id]):
            self.server.change_session(id, revert=Revert(message_id=message_id))
        return self.server.stored[id]

    async def unrevert(self, id: SessionID) -> Session:
        await self.server.call("sessions.unrevert")
        self._not_busy(id)
        self.server.change_session(id, revert=None)
        return self.server.stored[id]

    async def summarize(self, id: SessionID, model: Any) -> None:
        await self.server.call("sessions.summarize")
        self._not_busy(id)
        self.server.calls.append(f"summarize with {model.provider_id}/{model.model_id}")

    async def share(self, id: SessionID) -> Session:
        await self.server.call("sessions.share")
        self.server.session(id)
        self.server.change_session(id, share=Share(url="https://opncd.test/s/1"))
        return self.server.stored[id]

    async def unshare(self, id: SessionID) -> Session:
        await self.server.call("sessions.unshare")
        self.server.change_session(id, share=None)
        return self.server.stored[id]

    def _not_busy(self, id: SessionID) -> None:
        self.server.session(id)
        if id in self.server.busy:
            raise errors.Busy("The session is busy.", status=409)

    async def statuses(self) -> dict[SessionID, SessionStatus]:
        await self.server.call("sessions.statuses")
        return dict(self.server.busy)


class _Messages(_Noun):
    async def list(self, id: SessionID, *, limit: int | None = None, before: str | None = None) -> MessagePage:
        await self.server.call("messages.list")
        return await self._page(id, limit, before)

    async def _page(self, id: SessionID, limit: int | None, before: str | None) -> MessagePage:
        self.server.session(id)
        history = self.server.history[id]
        end = len(history)
        if before:  # opencode's cursor names a message and its time, not a place
            name = base64.b64decode(before).decode()
            end = next((n for n, item in enumerate(history) if item.info.id >= name), end)
        start = max(0, end - (limit or len(history)))
        cursor = base64.b64encode(history[start].info.id.encode()).decode() if start else None
        return MessagePage(items=history[start:end], cursor=cursor)

    async def list_plain(self, id: SessionID, *, limit: int | None = None, before: str | None = None) -> PlainPage:
        await self.server.call("messages.list_plain")
        page = await self._page(id, limit, before)
        return PlainPage([wire(item.model_dump(by_alias=True)) for item in page.items], page.cursor)

    async def get(self, id: SessionID, message: Any) -> MessageWithParts:
        await self.server.call("messages.get")
        for item in self.server.history.get(id, []):
            if item.info.id == message:
                return item
        raise errors.NotFound("Message not found", status=404)

    async def delete(self, id: SessionID, message: Any) -> None:
        await self.server.call("messages.delete")
        self.server.history[id] = [item for item in self.server.history[id] if item.info.id != message]
        self.server.emit(events.MessageRemoved(session_id=id, message_id=message))

    async def prompt_async(
        self, sid: SessionID, *, parts: Any, message_id: Any, agent: Any = None, **_more: Any
    ) -> None:
        await self.server.call("messages.prompt_async")
        self.server.session(sid)
        if agent and agent == self.server.refuses_agent:
            error = MessageError(data={"message": f"Agent not found: {agent}"})
            self.server.emit(events.SessionErrored(session_id=sid, error=error))
            trace = MessageError(data={"message": "UnknownError: UnknownError\n    at <anonymous>"})
            self.server.emit(events.SessionErrored(session_id=sid, error=trace))
            return
        if self.server.prompts_lost:
            self.server.prompts_lost -= 1
            return
        asyncio.get_running_loop().call_soon(self.server.take_prompt, sid, message_id, parts)

    async def command(
        self, sid: SessionID, command: str, arguments: str = "", *, message_id: Any, **_more: Any
    ) -> None:
        await self.server.call("messages.command")
        self.server.session(sid)
        part = TextPrompt(f"template of {command}: {arguments}", id=new_part_id())
        self.server.take_prompt(sid, message_id, [part])

    async def shell(self, sid: SessionID, command: str, *, message_id: Any, **_more: Any) -> None:
        await self.server.call("messages.shell")
        self.server.take_prompt(sid, message_id, [TextPrompt(f"ran {command}", id=new_part_id())])


class _Permissions(_Noun):
    async def list(self) -> Any:
        await self.server.call("permissions.list")
        return [request for request in self.server.asked.values() if isinstance(request, PermissionRequest)]

    async def reply(self, id: Any, reply: str, message: str | None = None) -> None:
        await self.server.call("permissions.reply")
        self.server.calls.append(f"reply {id} {reply} {message}")
        request = self.server.asked.pop(id, None)
        if request is None:
            raise errors.NotFound("Permission not found", status=404)
        self.server.emit(events.PermissionReplied(session_id=request.session_id, request_id=id, reply=reply))


class _Questions(_Noun):
    async def list(self) -> Any:
        await self.server.call("questions.list")
        return [request for request in self.server.asked.values() if isinstance(request, QuestionRequest)]

    async def reply(self, id: Any, answers: Any) -> None:
        await self.server.call("questions.reply")
        self.server.calls.append(f"answer {id} {answers}")
        if self.server.asked.pop(id, None) is None:
            raise errors.NotFound("Question not found", status=404)

    async def reject(self, id: Any) -> None:
        await self.server.call("questions.reject")
        if self.server.asked.pop(id, None) is None:
            raise errors.NotFound("Question not found", status=404)


class _Providers(_Noun):
    async def usable(self) -> ProviderList:
        await self.server.call("providers.usable")
        models = {"m1": Model(id="m1", name="M 1", variants={"high": {}}), "a": Model(id="a", name="A")}
        providers = [Provider(id=id_, name=id_.title(), models=models) for id_ in sorted(self.server.loaded)]
        return ProviderList(providers=providers, default=dict.fromkeys(self.server.loaded, "m1"))

    async def connected(self) -> Any:
        await self.server.call("providers.connected")
        return sorted(self.server.known_providers & set(self.server.keys))


class _Agents(_Noun):
    async def list(self) -> Any:
        await self.server.call("agents.list")
        return [
            Agent(name="build"),
            Agent(name="general", mode="subagent"),
            Agent(name="title", hidden=True),
            Agent(name="both", mode="all"),
        ]


class _Commands(_Noun):
    async def list(self) -> Any:
        await self.server.call("commands.list")
        return [Command(name="review"), Command(name="init")]


class _Files(_Noun):
    """`a.py` and `src/b.py`, `link` leads elsewhere."""

    bytes: ClassVar[dict[str, bytes]] = {"a.py": b"\n\nx = 1\n", "src/b.py": b"b"}

    async def read(self, path: str, *, limit: int) -> FileBytes:
        await self.server.call("files.read")
        data = {**self.bytes, **self.server.file_bytes}.get(path)
        if data is None:
            raise errors.ServerFault("Unexpected server error.", status=500)
        return FileBytes(data[:limit], len(data))

    async def search(self, pattern: str) -> Any:
        await self.server.call(f"files.search {pattern}")
        if pattern.endswith("("):
            raise errors.ServerFault("Unexpected server error.", status=500)
        return self.server.text_matches

    async def list(self, path: str = ".") -> Any:
        await self.server.call("files.list")
        if path in (".", ""):
            names = [("a.py", "file"), ("src/", "directory"), ("link", "file"), (".git", "directory")]
            return [FileNode(name=name, path=name, type=kind) for name, kind in names]
        if path.rstrip("/") == "src":
            return [FileNode(name="b.py", path="src/b.py")]
        raise errors.ServerFault("Unexpected server error.", status=500)

    async def content(self, path: str) -> FileContent:
        await self.server.call("files.content")
        if path in ("link", "src"):
            raise errors.ServerFault("Unexpected server error.", status=500)
        return FileContent(content="x")

    async def find(self, query: str, *, limit: int | None = None, type: Any = None) -> Any:
        await self.server.call("files.find")
        return [path for path in ("a.py", "src/", "src/b.py") if query in path]


class _Configuration(_Noun):
    async def get(self) -> Config:
        await self.server.call("config.get")
        return Config(share=self.server.sharing)


class _Vcs(_Noun):
    async def get(self) -> Vcs:
        await self.server.call("vcs.get")
        return Vcs(branch=self.server.branch, default_branch="main" if self.server.branch else None)

    async def status(self) -> Any:
        await self.server.call("vcs.status")
        return self.server.git_changes

    async def diff(self, mode: str, *, timeout: float | None = None) -> Any:
        await self.server.call(f"vcs.diff {mode}")
        return self.server.git_changes


class _Projects(_Noun):
    async def list(self) -> Any:
        await self.server.call("projects.list")
        return self.server.projects_known


class _Health(_Noun):
    async def get(self, timeout: float = 1.0) -> Health:
        await self.server.call("health.get")
        return Health(healthy=True, version="1.18.33")

    async def paths(self) -> Paths:
        await self.server.call("health.paths")
        return Paths(directory=self.server.directory, worktree=self.server.directory)


class _Auth(_Noun):
    async def set_key(self, provider_id: str, key: SecretStr) -> None:
        await self.server.call("auth.set_key")
        self.server.keys[provider_id] = key

    async def remove(self, provider_id: str) -> None:
        await self.server.call("auth.remove")
        self.server.keys.pop(provider_id, None)

    async def methods(self) -> dict[str, Any]:
        await self.server.call("auth.methods")
        return {"openai": [AuthMethod(type="oauth", label="Sign in"), AuthMethod(type="api", label="A key")]}

    async def authorize(self, provider_id: str, method: int, inputs: dict[str, str]) -> Authorization:
        await self.server.call("auth.authorize")
        return Authorization(url=self.server.sign_in_url, method="code", instructions="")

    async def complete(self, provider_id: str, method: int, code: SecretStr | None) -> None:
        await self.server.call("auth.complete")
        assert code is not None
        self.server.keys[provider_id] = code


class _Mcp(_Noun):
    async def statuses(self) -> dict[str, McpStatus]:
        await self.server.call("mcp.statuses")
        return self.server.mcp_servers

    async def connect(self, name: str) -> None:
        await self.server.call("mcp.connect")
        if name not in self.server.mcp_servers:
            raise errors.NotFound("MCP server not found", status=404)
        self.server.mcp_servers[name] = McpStatus(status="failed", error="It is away.")

    async def disconnect(self, name: str) -> None:
        await self.server.call("mcp.disconnect")
        self.server.mcp_servers[name] = McpStatus(status="disabled")

    async def authorize(self, name: str) -> str:
        await self.server.call("mcp.authorize")
        return self.server.sign_in_url

    async def complete(self, name: str, code: SecretStr) -> McpStatus:
        await self.server.call("mcp.complete")
        self.server.mcp_servers[name] = McpStatus(status="connected")
        return self.server.mcp_servers[name]

    async def sign_out(self, name: str) -> None:
        await self.server.call("mcp.sign_out")
        self.server.mcp_servers[name] = McpStatus(status="needs_auth")


class _Extensions(_Noun):
    async def skills(self) -> Any:
        await self.server.call("extensions.skills")
        return [Skill(name="testing"), Skill(name="deploying")]

    async def language_servers(self) -> Any:
        await self.server.call("extensions.language_servers")
        return []

    async def formatters(self) -> Any:
        await self.server.call("extensions.formatters")
        return [Formatter(name="ruff", extensions=[".py"], enabled=True), Formatter(name="gofmt")]


class _Instances(_Noun):
    async def dispose_all(self) -> None:
        await self.server.call("instances.dispose_all")
        self.server.loaded = set(self.server.keys) & self.server.known_providers
        self.server.emit(events.InstanceDisposed(type="global.disposed"))


def wire(value: Any) -> Any:
    """A model's fields as they are sent: times in milliseconds."""
    if isinstance(value, datetime):
        return round(value.timestamp() * 1000)
    if isinstance(value, list):
        return [wire(item) for item in value]
    return {key: wire(item) for key, item in value.items()} if isinstance(value, dict) else value


async def until(condition: Callable[[], object], timeout: float = 5.0) -> None:
    """Wait until the condition holds; the limit is for a failing test only."""
    async with asyncio.timeout(timeout):
        while not condition():  # noqa: ASYNC110 - there is no event for an arbitrary condition
            await asyncio.sleep(0.001)


async def settled(*awaitables: Awaitable[Any]) -> None:
    """Let everything that is due run."""
    for awaitable in awaitables:
        await awaitable
    for _ in range(30):
        await asyncio.sleep(0)
