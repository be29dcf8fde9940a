"""Services without a server: the real store and real models on canned data, driven by opencode's own wire events.

Whatever a person does is written to `calls` and has its effect through events, as with the real thing.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from sprintagen.errors import Conflict, DatabaseError, InvalidInput, NotFound
from sprintagen.opencode import ids
from sprintagen.opencode.events import parse_event
from sprintagen.opencode.models import Agent, Command, MessagePage, MessageWithParts, PlainPage, ToolPart
from sprintagen.services.about import AppInfo, Suggestion
from sprintagen.services.catalog import ModelRow
from sprintagen.services.changed_file import of_wire, with_renames
from sprintagen.services.changes import ConnectionChanged, CredentialsChanged, DatabaseChanged, QueueChanged
from sprintagen.services.connection import ConnectionState
from sprintagen.services.credentials import CredentialReport, ProviderReport
from sprintagen.services.file_changes import Branches, Changes
from sprintagen.services.history import Histories
from sprintagen.services.listing import ListQuery, RowFacts
from sprintagen.services.listings import Listings
from sprintagen.services.project_files import FoundPath
from sprintagen.services.prompts import PromptFile, QueuedPrompt
from sprintagen.services.refs import OPERATOR
from sprintagen.services.session_search import SessionSearch
from sprintagen.services.session_store import SessionStore
from sprintagen.services.sessions import SessionRow
from sprintagen.services.shedding import Shedding
from sprintagen.services.watching import Watching
from tests.services.fakes import wire
from tests.ui.fake_browsing import FakeBrowsing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sprintagen.services import Services
    from sprintagen.services.prompts import PromptDraft

DIRECTORY = "/workspace/shop"
PROVIDER, MODEL = "scripted", "demo"
ABOUT = AppInfo(
    version="0.0.test",
    managed=True,
    demo=True,
    suggestions=(
        Suggestion("Explain the project", "Read the project and explain how it is built."),
        Suggestion("Fix a failing test", "Run the tests, find out why one fails, and fix it."),
        Suggestion("Add a feature", "Add a discount code to the cart, with tests."),
        Suggestion("Plan first", "Make a plan for moving prices to integers of cents."),
        Suggestion("Ask me", "Ask me which currency the shop should use."),
        Suggestion("Delegate", "Have a subagent look for places where money is rounded."),
    ),
    directory=DIRECTORY,
)


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


@dataclass
class Meta:
    """What sprintagen would keep beside a session."""

    origin: str = "found"
    ticket: str | None = None
    archived_at: datetime | None = None
    unread: bool = False
    added: int = 0
    removed: int = 0
    pinned_at: datetime | None = None


class FakeRows:
    """What is listed of the canned sessions."""

    def __init__(self, sessions: FakeSessions) -> None:
        self._sessions = sessions

    def row(self, actor: Any, session: Any) -> SessionRow:
        return self._sessions.row(session.id)

    def facts(self, session: Any) -> RowFacts:
        row = self._sessions.row(session.id)
        above = self._sessions.fake.store.ancestors(session.id)[::-1]
        top = self._sessions.fake.store.sessions.get(above[0], session) if above else session
        return RowFacts(
            updated=ms(self._sessions.fake.store.updated_at(top)),
            path=(*above, session.id),
            pins=(("operator", ms(pinned)),) if (pinned := self._sessions.fake.meta[top.id].pinned_at) else (),
            directory=row.directory,
            ticket=row.ticket,
            origin=row.origin,
            is_archived=self._sessions.fake.meta[top.id].archived_at is not None,
            is_recorded=True,
            is_tall=bool(row.ticket or row.detail or row.additions or row.deletions or row.directory != DIRECTORY),
            text=f"{row.title} {row.ticket or ''} {row.session_id}".casefold(),
        )

    def is_recorded(self, session_id: Any) -> bool:
        return True


class FakeSessions:
    def __init__(self, fake: FakeServices) -> None:
        self.fake = fake
        self.listings = Listings(fake.store, FakeRows(self))

    def rows(
        self,
        actor: Any,
        *,
        search: str = "",
        directory: str | None = None,
        ticket: str | None = None,
        origin: str = "all",
        archived: bool = False,
        limit: int | None = None,
        children: bool = False,
    ) -> list[SessionRow]:
        rows = []
        for session in self.fake.store.sessions.values():
            meta = self.fake.meta.setdefault(session.id, Meta())
            text = f"{session.title} {meta.ticket or ''} {session.id}".casefold()
            if session.parent_id and not children:
                continue
            if bool(meta.archived_at) != archived or (directory and session.directory != directory):
                continue
            if (ticket and meta.ticket != ticket) or (origin == "created" and meta.origin != "created"):
                continue
            if not all(word in text for word in search.casefold().split()):
                continue
            rows.append(self.row(session.id))
        rows.sort(key=lambda row: row.updated_at, reverse=True)
        return rows[:limit]

    def row(self, session_id: Any) -> SessionRow:
        session = self.fake.store.sessions[session_id]
        meta = self.fake.meta.setdefault(session_id, Meta())
        view = self.fake.store.view(session_id)
        state = self.fake.store.state(session_id)
        detail = ""
        if state == "asking":
            asks = self.fake.store.asks_for(session_id)
            detail = f"Wants to {getattr(asks[0], 'permission', 'ask')}" if asks else ""
        elif state == "failed":
            detail = view.error.message if view.error else ""
        elif state == "retrying":
            detail = view.status.message or ""
        return SessionRow(
            session_id=session_id,
            title=session.title,
            directory=session.directory,
            parent_id=session.parent_id,
            created_at=session.time.created,
            updated_at=self.fake.store.updated_at(session),
            archived_at=meta.archived_at,
            state=state,
            unread=meta.unread,
            origin=cast("Any", meta.origin),
            ticket=meta.ticket,
            additions=meta.added,
            deletions=meta.removed,
            files=1 if meta.added else 0,
            cost=session.cost,
            depth=len(self.fake.store.ancestors(session_id)),
            is_pinned=meta.pinned_at is not None,
            detail=detail,
        )

    def directories(self) -> list[str]:
        return sorted({session.directory for session in self.fake.store.sessions.values()})

    async def get(self, actor: Any, session_id: Any) -> SessionRow:
        if session_id not in self.fake.store.sessions:
            raise NotFound("There is no such session.")
        return self.row(session_id)

    async def create(self, actor: Any, *, title: str | None = None, **kwargs: Any) -> SessionRow:
        await asyncio.sleep(self.fake.delay)
        session_id = self.fake.new_session(title or "New session", origin="created")
        self.fake.calls.append(("create", session_id))
        return self.row(session_id)

    async def update(self, actor: Any, session_id: Any, **changes: Any) -> SessionRow:
        self.fake.calls.append(("update", session_id, changes))
        meta = self.fake.meta[session_id]
        if changes.get("title"):
            self.fake.put_session(session_id, title=changes["title"])
        if changes.get("ticket") is not None:
            meta.ticket = changes["ticket"] or None
        if changes.get("archived") is not None:
            meta.archived_at = datetime.now(UTC) if changes["archived"] else None
        self.fake.store.changed_session(session_id)
        return self.row(session_id)

    async def delete(self, actor: Any, session_id: Any) -> None:
        self.fake.calls.append(("delete", session_id))
        self.fake.store.remove(session_id)

    def at_hand(self, session_id: Any) -> Any:
        view = self.fake.store.views.get(session_id)
        return view if view is not None and view.loaded and not self.fake.delay else None

    async def open(self, actor: Any, session_id: Any) -> Any:
        await asyncio.sleep(self.fake.delay)
        if session_id not in self.fake.store.sessions:
            raise NotFound("There is no such session.")
        self.fake.store.view(session_id).loaded = True
        self.fake.meta[session_id].unread = False
        return self.fake.store.view(session_id)

    view = open

    async def abort(self, actor: Any, session_id: Any) -> None:
        self.fake.calls.append(("abort", session_id))
        self.fake.idle(session_id)

    async def mark_seen(self, actor: Any, session_id: Any) -> None:
        if self.fake.meta[session_id].unread:
            self.fake.meta[session_id].unread = False
            self.fake.store.changed_session(session_id)


class FakePrompts:
    def __init__(self, fake: FakeServices) -> None:
        self.fake = fake
        self.queues: dict[str, list[QueuedPrompt]] = {}
        self.keys: dict[str, QueuedPrompt] = {}

    def queue(self, session_id: Any) -> list[QueuedPrompt]:
        return list(self.queues.get(session_id, []))

    async def send(
        self, actor: Any, session_id: Any, draft: PromptDraft, *, client_key: str | None = None
    ) -> QueuedPrompt:
        if client_key in self.keys:
            return self.keys[client_key]
        if self.fake.refuse:
            raise InvalidInput("opencode does not take this message.", hint="Say something else.")
        self.fake.calls.append(("send", session_id, draft, client_key))
        prompt = QueuedPrompt(
            id=f"q{len(self.keys)}",
            session_id=session_id,
            message_id=ids.new_message_id(),
            draft=draft,
            state="queued",
            reason="",
            hint="",
            created_at=datetime.now(UTC),
        )
        if client_key:
            self.keys[client_key] = prompt
        if self.fake.store.view(session_id).is_active or not self.fake.answers:
            self.put(prompt)
        else:
            self.fake.busy(session_id)
            self.fake.user(session_id, draft.text, message_id=prompt.message_id)
            if self.fake.answers == "echo":
                self.fake.spawn(self.fake.echo(session_id, draft.text, prompt.message_id))
        return prompt

    def put(self, prompt: QueuedPrompt) -> None:
        queue = self.queues.setdefault(prompt.session_id, [])
        known = next((index for index, one in enumerate(queue) if one.id == prompt.id), None)
        if known is None:
            queue.append(prompt)
        else:
            queue[known] = prompt
        self.fake.store.emit(QueueChanged(prompt.session_id))

    async def remove(self, actor: Any, session_id: Any, prompt_id: str) -> None:
        self.fake.calls.append(("remove", session_id, prompt_id))
        self.queues[session_id] = [one for one in self.queue(session_id) if one.id != prompt_id]
        self.fake.store.emit(QueueChanged(session_id))

    @property
    def line(self) -> FakePrompts:
        return self

    async def move(self, actor: Any, session_id: Any, prompt_id: str, index: int) -> None:
        self.fake.calls.append(("move", session_id, prompt_id, index))
        prompt = next(one for one in self.queue(session_id) if one.id == prompt_id)
        rest = [one for one in self.queue(session_id) if one.id != prompt_id]
        rest.insert(index, prompt)
        self.queues[session_id] = rest
        self.fake.store.emit(QueueChanged(session_id))

    async def edit(self, actor: Any, session_id: Any, prompt_id: str, text: str) -> QueuedPrompt:
        self.fake.calls.append(("edit", session_id, prompt_id, text))
        prompt = next((one for one in self.queue(session_id) if one.id == prompt_id), None)
        if prompt is None:
            raise Conflict("This message is on its way already.")
        self.put(replace(prompt, draft=replace(prompt.draft, text=text)))
        return prompt

    async def send_now(self, actor: Any, session_id: Any, prompt_id: str) -> None:
        index = next(index for index, one in enumerate(self.queue(session_id)) if one.id == prompt_id)
        self.fake.calls.append(("send_now", session_id, self.queues[session_id][index].draft.text))
        self.take_out(session_id, index)

    def take_out(self, session_id: Any, index: int) -> None:
        """One has gone out, or somebody else removed it."""
        del self.queues[session_id][index]
        self.fake.store.emit(QueueChanged(session_id))

    async def retry(self, actor: Any, session_id: Any, prompt_id: str) -> QueuedPrompt:
        self.fake.calls.append(("retry", session_id, prompt_id))
        prompt = next(one for one in self.queue(session_id) if one.id == prompt_id)
        self.put(replace(prompt, state="queued", reason="", hint=""))
        return prompt


class FakeAsks:
    def __init__(self, fake: FakeServices) -> None:
        self.fake = fake

    def pending(self, session_id: Any = None) -> Any:
        return self.fake.store.all_asks() if session_id is None else self.fake.store.asks_for(session_id)

    async def reply_permission(self, actor: Any, permission_id: Any, reply: str, message: str | None = None) -> None:
        self.fake.calls.append(("permission", permission_id, reply, message))
        request = self.fake.store.find_permission(permission_id)
        if request is None:
            raise Conflict("This has been answered already.")
        self.fake.emit(
            "permission.replied",
            sessionID=request.session_id,
            requestID=permission_id,
            permissionID=permission_id,
            reply=reply,
        )

    async def reply_question(self, actor: Any, question_id: Any, answers: list[list[str]]) -> None:
        self.fake.calls.append(("question", question_id, answers))
        request = self.fake.store.find_question(question_id)
        assert request is not None
        self.fake.emit("question.replied", sessionID=request.session_id, requestID=question_id, answers=answers)

    async def reject_question(self, actor: Any, question_id: Any) -> None:
        self.fake.calls.append(("question-dismissed", question_id))
        request = self.fake.store.find_question(question_id)
        assert request is not None
        self.fake.emit("question.rejected", sessionID=request.session_id, requestID=question_id)


class FakeFiles:
    PATHS = ("shop/", "shop/cart.py", "shop/prices.py", "tests/", "tests/test_cart.py", "README.md")

    async def find(self, query: str, *, directory: str | None = None, limit: int = 20) -> list[FoundPath]:
        return [
            FoundPath(path.rstrip("/"), "directory" if path.endswith("/") else "file")
            for path in self.PATHS
            if query.lower() in path.lower()
        ]


class FakeUploads:
    async def get(self, actor: Any, upload_id: str) -> PromptFile:
        return PromptFile(f"{upload_id}.txt", "text/plain", b"uploaded")


class FakeDeletions:
    """Deletes at once: nobody thinks better of it."""

    def __init__(self, fake: FakeServices) -> None:
        self.fake = fake

    def pending(self) -> list[Any]:
        return []

    async def delete(self, actor: Any, session_id: Any) -> None:
        await self.fake.sessions.delete(actor, session_id)


class FakePins:
    def __init__(self, fake: FakeServices) -> None:
        self.fake = fake

    async def pin(self, actor: Any, session_id: Any) -> None:
        self._set(session_id, datetime.now(UTC))

    async def unpin(self, actor: Any, session_id: Any) -> None:
        self._set(session_id, None)

    def put(self, session_id: Any, *, minutes_ago: float) -> None:
        self._set(session_id, datetime.now(UTC) - timedelta(minutes=minutes_ago))

    def _set(self, session_id: Any, at: datetime | None) -> None:
        self.fake.meta[session_id].pinned_at = at
        self.fake.store.changed_session(session_id)


class FakeActs:
    """Nothing is undone and nothing can be shared; what acts really do is tested with the real server."""

    def __init__(self) -> None:
        self.reverting = SimpleNamespace(undone=lambda session_id: None)
        self.sharing = SimpleNamespace(is_offered=self._is_offered)

    async def _is_offered(self, session_id: Any) -> bool:
        return False


class FakeCatalog:
    async def subagents(self, directory: str | None = None) -> list[Agent]:
        return [Agent(name="explore", description="Looks around", mode="subagent", native=True)]

    async def commands(self, directory: str | None = None) -> list[Command]:
        return [
            Command(name="init", description="Write AGENTS.md for this project", source="command"),
            Command(name="review", description="Review the changes", source="command", hints=["$ARGUMENTS"]),
            Command(name="tickets", description="Read a ticket", source="mcp", hints=["$1"]),
        ]

    async def agents(self, directory: str | None = None) -> list[Agent]:
        return [
            Agent(name="build", description="Does the work", native=True),
            Agent(name="plan", description="Reads and plans, changes nothing", native=True),
            Agent(name="explore", mode="subagent", native=True),
        ]

    async def models(self, directory: str | None = None) -> list[ModelRow]:
        def row(
            provider: str, provider_name: str, model: str, name: str, *variants: str, default: bool = False
        ) -> ModelRow:
            return ModelRow(
                provider_id=provider,
                provider_name=provider_name,
                model_id=model,
                name=name,
                context=200_000,
                output=32_000,
                reasoning=bool(variants),
                attachment=True,
                toolcall=True,
                input=("image", "pdf") if variants else (),
                cost_input=1.0,
                cost_output=5.0,
                variants=variants,
                is_default=default,
            )

        rows = [row(PROVIDER, "Scripted", MODEL, "Scripted demo model", default=True)]
        rows += [
            row("anthropic", "Anthropic", f"claude-{n}", f"Claude {n}", "low", "high")
            for n in ("opus", "sonnet", "haiku")
        ]
        rows += [row("openrouter", "OpenRouter", f"maker/model-{n}", f"Maker model {n}") for n in range(40)]
        return rows


class FakePreferences:
    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    async def get(self, actor: Any, key: str, default: Any = None) -> Any:
        return self.values.get(key, default)

    async def set(self, actor: Any, key: str, value: Any) -> None:
        self.values[key] = value


class FakeCredentials:
    def __init__(self, fake: FakeServices) -> None:
        self.fake = fake
        self.report = CredentialReport("ok", (), datetime.now(UTC))

    async def run(self, actor: Any, *, abort_running: bool = False) -> CredentialReport:
        self.fake.calls.append(("register", abort_running))
        self.say("ok")
        return self.report

    def say(self, state: str, *providers: ProviderReport) -> None:
        self.report = CredentialReport(cast("Any", state), providers, datetime.now(UTC))
        self.fake.store.emit(CredentialsChanged())


class FakeFileChanges:
    """What sessions changed: what a test says they did."""

    def __init__(self, fake: FakeServices) -> None:
        self.fake = fake
        self.known: dict[str, list[dict[str, Any]]] = {}
        """opencode's words for the files, by scope or by the id of a prompt."""
        self.where = Branches(is_git=True, branch="feature", default="main")
        self.error: Exception | None = None

    def put(self, scope: str, notes: list[dict[str, Any]]) -> None:
        self.known[scope] = notes

    def stand(self, branch: str, default: str, *, is_git: bool = True) -> None:
        self.where = Branches(is_git, branch, default)

    def fail(self, message: str = "", hint: str = "") -> None:
        """Cannot be read, or can again."""
        self.error = Conflict(message, hint=hint) if message else None

    async def branches(self, session_id: Any) -> Branches:
        return self.where

    async def read(self, actor: Any, session_id: Any, scope: Any = "session", *, message_id: Any = None) -> Changes:
        self.fake.calls.append(("changes", session_id, scope, message_id))
        await asyncio.sleep(self.fake.delay)
        if self.error is not None:
            raise self.error
        notes = self.known.get(message_id or scope, [])
        return Changes(scope, with_renames(of_wire(note) for note in notes), message_id or "")


@dataclass
class FakeServices:
    """The whole of `Services` that the page uses, and the strings to pull."""

    about: AppInfo = ABOUT
    store: SessionStore = field(default_factory=lambda: SessionStore("fake"))
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    meta: dict[str, Meta] = field(default_factory=dict)
    older: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Messages of a session before its live end, oldest first; their cursors count them."""
    delay: float = 0.0
    refuse: bool = False
    is_given_up: bool = False
    answers: str = "echo"
    """"echo": answer prompts by themselves; "": leave them in the queue."""

    def __post_init__(self) -> None:
        self.sessions = FakeSessions(self)
        self.sessions.listings.start()
        self.warming = SimpleNamespace(expect=lambda text: self.calls.append(("expect", text)))
        self.prompts = FakePrompts(self)
        self.acts = FakeActs()
        self.pins = FakePins(self)
        self.deletions = FakeDeletions(self)
        self.asks = FakeAsks(self)
        self.histories = Histories(self._page, self._plain_page)
        self.store.changed.subscribe(self.histories.handle_change)
        self.watching = Watching(self.store)
        self.watching.start()
        self.shedding = Shedding(self.store, cast("Any", SimpleNamespace(newest=self._newest)), self.histories)
        self.search = SessionSearch(self.histories)
        self.catalog = FakeCatalog()
        self.files = FakeFiles()
        self.file_changes = FakeFileChanges(self)
        self.uploads = FakeUploads()
        self.browsing = FakeBrowsing()
        self.terminals = SimpleNamespace(is_on=False)
        self.preferences = FakePreferences()
        self.credentials = FakeCredentials(self)
        self.database = SimpleNamespace(error=None)
        self.feed: Any = SimpleNamespace(
            connection=ConnectionState("connected", datetime.now(UTC)),
            is_connected=lambda: self.feed.connection.state in ("connected", "polling"),
        )
        self._tasks: set[asyncio.Task[Any]] = set()
        self._clock = datetime.now(UTC) - timedelta(minutes=20)
        self._counter = 0

    @property
    def services(self) -> Services:
        """As the page wants it."""
        return cast("Services", self)

    # -- strings ------------------------------------------------------------------------------------------------------

    def emit(self, kind: str, **properties: Any) -> None:
        """One event of opencode's stream."""
        self.store.apply(DIRECTORY, parse_event({"id": "evt_1", "type": kind, "properties": properties}))

    def connection(self, state: str, reason: str = "", hint: str = "", log_tail: Iterable[str] = ()) -> None:
        self.is_given_up = state == "failed"
        self.feed.connection = ConnectionState(cast("Any", state), datetime.now(UTC), reason, hint, tuple(log_tail))
        self.store.emit(ConnectionChanged())

    def database_trouble(self, message: str = "", hint: str = "") -> None:
        """Changes cannot be saved, or can again."""
        self.database.error = DatabaseError(message, hint=hint) if message else None
        self.store.emit(DatabaseChanged())

    async def start_again(self, actor: Any) -> None:
        self.calls.append(("start_again",))
        self.connection("starting")

    def spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def end(self) -> None:
        """Stop what still runs."""
        await self.shedding.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _page(self, session_id: Any, before: str) -> MessagePage:
        page = await self._plain_page(session_id, before)
        items = [MessageWithParts.model_validate(item) for item in page.items]
        return MessagePage(items=items, cursor=page.cursor)

    async def _plain_page(self, session_id: Any, before: str) -> PlainPage:
        await asyncio.sleep(self.delay)
        end = int(before)
        start = max(0, end - 100)
        return PlainPage(self.older[session_id][start:end], str(start) if start else None)

    async def _newest(self, session_id: Any, count: int) -> PlainPage:
        """What falls out of the live end is before it from now on."""
        items = [
            {
                "info": wire(message.info.model_dump(by_alias=True)),
                "parts": [wire(view.part.model_dump(by_alias=True)) for view in message.parts.values()],
            }
            for message in self.store.view(session_id).messages.values()
        ]
        older = self.older.setdefault(session_id, [])
        older += items[:-count]
        return PlainPage(items[-count:], str(len(older)))

    def live_length(self, session_id: Any) -> int:
        """How many messages of a session are in memory, whoever reads what."""
        return len(self.store.view(session_id).messages)

    def add_past(self, session_id: Any, turns: int) -> None:
        """Give a session so many turns before its live end, the oldest first, a day each ten."""
        begin = ms(datetime.now(UTC) - timedelta(days=turns / 10))
        items: list[dict[str, Any]] = []
        for turn in range(turns):
            at = begin + turn * 8_640_000
            names = [f"msg_{turn:05d}{side}past" for side in "ab"]
            place = {"sessionID": session_id}
            words = f"Past question {turn}\n\nWith a second line."
            ask = {"id": names[0], "role": "user", "time": {"created": at}, **place}
            items.append({"info": ask, "parts": [_text(f"prt_{turn:05d}a", names[0], session_id, words, at)]})
            info = {
                "id": names[1],
                "role": "assistant",
                "parentID": names[0],
                "time": {"created": at, "completed": at + 9},
            }
            if turn % 50 == 7:
                info["error"] = {"name": "APIError", "data": {"message": f"Overloaded {turn}"}}
            words = f"Past **answer** {turn} with needle{turn}x.\n\n" + "More of the past. " * (5 + turn % 20)
            parts = [_text(f"prt_{turn:05d}b", names[1], session_id, words, at)]
            if turn % 10 == 3:
                state = {
                    "status": "completed", "input": {"command": f"ls past{turn}"}, "title": "", "metadata": {},
                    "output": f"hidden{turn}y in the output", "time": {"start": at, "end": at + 5},
                }  # fmt: skip
                tool = {"id": f"prt_{turn:05d}c", "messageID": names[1], "type": "tool", "tool": "bash", **place}
                parts.append(tool | {"callID": "call_1", "state": state})
            items.append({"info": info | place, "parts": parts})
        self.older[session_id] = items
        self.store.view(session_id).older_cursor = str(len(items))

    def tick(self, seconds: float = 1.0) -> int:
        self._clock += timedelta(seconds=seconds)
        return ms(self._clock)

    def fill_up(self, count: int) -> None:
        """So many sessions more, over some years; each fifth has a second line in the list."""
        for number in range(count):
            self.new_session(
                f"Filled {number}", age_days=3 + number / 4, ticket=f"OLD-{number}" if number % 5 == 0 else None
            )

    def sessions_at(self, position: int) -> str:
        """Which session stands there in the list of all."""
        return self.sessions.listings.window(OPERATOR, ListQuery(), position, position + 1).rows[0].session_id

    def touch(self, session_id: Any) -> None:
        """Something has happened in the session just now."""
        self.busy(session_id)
        self.idle(session_id)

    def set_ticket(self, session_id: Any, ticket: str) -> None:
        self.meta[session_id].ticket = ticket
        self.store.changed_session(session_id)

    def new_id(self, prefix: str) -> str:
        self._counter += 1
        return f"{prefix}_{self._counter:012x}fake"

    def new_session(
        self,
        title: str,
        *,
        age: timedelta = timedelta(),
        age_days: float = 0,
        directory: str = DIRECTORY,
        origin: str = "found",
        parent: str | None = None,
        session_id: str | None = None,
        **meta: Any,
    ) -> Any:
        session_id = session_id or self.new_id("ses")
        at = ms(datetime.now(UTC) - age - timedelta(days=age_days))
        info: dict[str, Any] = {
            "id": session_id,
            "directory": directory,
            "title": title,
            "projectID": "p",
            "time": {"created": at, "updated": at},
        }
        if parent:
            info["parentID"] = parent
        self.meta[session_id] = Meta(origin=origin, **meta)
        self.emit("session.created", sessionID=session_id, info=info)
        self.store.changed_session(ids.session_id(session_id))
        return session_id

    def put_session(self, session_id: Any, **changes: Any) -> None:
        self.store.put_session(self.store.sessions[session_id].model_copy(update=changes))

    def busy(self, session_id: Any) -> None:
        self.emit("session.status", sessionID=session_id, status={"type": "busy"})

    def edited(self, path: str) -> None:
        self.emit("file.edited", file=f"{DIRECTORY}/{path}")

    def idle(self, session_id: Any) -> None:
        self.emit("session.status", sessionID=session_id, status={"type": "idle"})

    def user(self, session_id: Any, text: str, *, message_id: str | None = None, at: int | None = None) -> str:
        message_id = message_id or self.new_id("msg")
        created = at or ms(datetime.now(UTC))
        info = {
            "id": message_id,
            "sessionID": session_id,
            "role": "user",
            "time": {"created": created},
            "agent": "build",
            "model": {"providerID": PROVIDER, "modelID": MODEL},
        }
        self.emit("message.updated", sessionID=session_id, info=info)
        self.part(session_id, message_id, "text", text=text)
        return message_id

    def assistant(
        self, session_id: Any, parent: str, *, message_id: str | None = None, at: int | None = None, **info: Any
    ) -> str:
        message_id = message_id or self.new_id("msg")
        time = {"created": at or ms(datetime.now(UTC))}
        if "completed" in info:
            time["completed"] = info.pop("completed")
        self.emit(
            "message.updated",
            sessionID=session_id,
            info={
                "id": message_id,
                "sessionID": session_id,
                "role": "assistant",
                "parentID": parent,
                "time": time,
                "modelID": MODEL,
                "providerID": PROVIDER,
                "mode": "build",
                "agent": "build",
                **info,
            },
        )
        return message_id

    def part(self, session_id: Any, message_id: str, kind: str, *, part_id: str | None = None, **fields: Any) -> str:
        part_id = part_id or self.new_id("prt")
        part = {"id": part_id, "sessionID": session_id, "messageID": message_id, "type": kind, **fields}
        self.emit("message.part.updated", sessionID=session_id, part=part)
        return part_id

    def tool(self, session_id: Any, message_id: str, name: str, state: dict[str, Any], **fields: Any) -> str:
        return self.part(
            session_id, message_id, "tool", tool=name, callID=fields.pop("call", "call_1"), state=state, **fields
        )

    def grow_output(self, session_id: Any, output: str) -> None:
        """The session's running command has printed this so far."""
        view = self.store.view(session_id)
        for message in view.messages.values():
            for part in message.parts.values():
                if isinstance(part.part, ToolPart) and part.part.tool == "bash" and part.part.state.status == "running":
                    state = part.part.state.model_dump(mode="json", by_alias=True) | {"metadata": {"output": output}}
                    state["time"] = {"start": ms(datetime.now(UTC))}
                    fields = {"part_id": part.part.id, "call": part.part.call_id}
                    self.tool(session_id, message.info.id, "bash", state, **fields)
                    return

    def delta(self, session_id: Any, message_id: str, part_id: str, text: str) -> None:
        self.emit(
            "message.part.delta", sessionID=session_id, messageID=message_id, partID=part_id, field="text", delta=text
        )

    def start_text(self, session_id: Any, message_id: str, kind: str = "text") -> str:
        return self.part(session_id, message_id, kind, text="", time={"start": ms(datetime.now(UTC))})

    def end_text(self, session_id: Any, message_id: str, part_id: str, text: str, kind: str = "text") -> None:
        now = ms(datetime.now(UTC))
        self.part(session_id, message_id, kind, part_id=part_id, text=text, time={"start": now - 2000, "end": now})

    async def echo(self, session_id: Any, text: str, parent: str, pause: float = 0.02) -> None:
        """Answer a prompt: a few words, streamed."""
        await asyncio.sleep(pause)
        message = self.assistant(session_id, parent)
        answer = f"You said {len(text)} characters.\n\n> {text[:200]}"
        part = self.start_text(session_id, message)
        for word in answer.split(" "):
            self.delta(session_id, message, part, word + " ")
            await asyncio.sleep(pause)
        self.end_text(session_id, message, part, answer)
        now = ms(datetime.now(UTC))
        self.assistant(
            session_id,
            parent,
            message_id=message,
            at=now - 900,
            completed=now,
            finish="stop",
            cost=0.0021,
            tokens={"input": 1200, "output": 84, "reasoning": 0, "cache": {"read": 800, "write": 0}},
        )
        self.idle(session_id)

    async def burst(self, session_id: Any, message_id: str, part_id: str, words: int, pause: float) -> str:
        """Stream words at a steady pace; returns when each was said, in ms since 1970, as JSON."""
        said = []
        start = time.perf_counter()
        for number in range(words):
            said.append(time.time() * 1000)
            self.delta(session_id, message_id, part_id, f"w{number} ")
            await asyncio.sleep(max(0.0, start + (number + 1) * pause - time.perf_counter()))
        return json.dumps(said)


def _text(part_id: str, message_id: str, session_id: Any, text: str, at: int) -> dict[str, Any]:
    time = {"start": at, "end": at + 5}
    return {"id": part_id, "messageID": message_id, "sessionID": session_id, "type": "text", "text": text, "time": time}
