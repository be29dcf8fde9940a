"""Rows of the palette that are no commands: sessions, what waits for the person, models, agents, efforts, slashes.

An id says what a row is: `session:ses_…`, `once:per_…`, `model:…`; `PageCommands` takes it apart again.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from sprintagen.opencode import ids
from sprintagen.opencode.errors import InvalidID
from sprintagen.opencode.models import PermissionRequest, QuestionRequest
from sprintagen.services.listing import ListQuery
from sprintagen.ui.chats.model_picker import about, key_of
from sprintagen.ui.chats.pickers import title_of
from sprintagen.ui.chats.session_list import ask_words
from sprintagen.ui.chats.tools.base import first_line, words
from sprintagen.ui.kit.moment import epoch_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sprintagen.opencode.ids import SessionID
    from sprintagen.services import Services
    from sprintagen.services.refs import Actor
    from sprintagen.services.sessions import SessionRow
    from sprintagen.ui.chats.commands.palette import Entry
    from sprintagen.ui.chats.pickers import Pickers

RECENT = 50
"""Sessions that come as the palette opens."""
FOUND = 30
"""Sessions that come for what was typed."""
LINE = 160
"""Characters of what the agent wants to do that fit a row; what is longer has to be looked at to be allowed."""


def recent_sessions(services: Services, actor: Actor, but: SessionID | None) -> list[Entry]:
    """The sessions updated last, without the open one."""
    rows = services.sessions.listings.window(actor, ListQuery(), 0, RECENT).rows
    return [session_entry(services, row) for row in rows if row.session_id != but]


def found_sessions(services: Services, actor: Actor, text: str) -> list[Entry]:
    """Sessions with these words in title, ticket or id; an id finds its session wherever it is."""
    query = ListQuery(search=" ".join(text.casefold().split()))
    rows = list(services.sessions.listings.window(actor, query, 0, FOUND).rows)
    try:
        named = services.sessions.listings.row(actor, ids.session_id(text.strip()))
    except InvalidID:
        named = None
    if named is not None and all(row.session_id != named.session_id for row in rows):
        rows.insert(0, named)
    return [session_entry(services, row) for row in rows]


def session_entry(services: Services, row: SessionRow) -> Entry:
    state: str = row.state
    facts = [ask_words(row.detail) if state == "asking" else row.detail if state == "failed" else ""]
    if row.directory != services.about.directory:
        facts.append(PurePosixPath(row.directory).name)
    entry = {
        "id": f"session:{row.session_id}",
        "words": row.title or "New session",
        "detail": " · ".join(fact for fact in (row.ticket or "", *facts) if fact),
        "also": row.session_id,
        "state": "unread" if state == "idle" and row.unread else state,
        "at": epoch_ms(row.updated_at),
    }
    return {key: value for key, value in entry.items() if value}


def ask_entries(
    pending: Iterable[PermissionRequest | QuestionRequest], owner: Callable[[SessionID], tuple[SessionID, str]]
) -> Iterator[Entry]:
    """Ways to answer what was asked first. They are found by words of ours alone: the rest is the agent's."""
    ask = next(iter(pending), None)
    if ask is None:
        return
    session_id, title = owner(ask.session_id)
    if isinstance(ask, QuestionRequest):
        asked = first_line(ask.questions[0].question, 80) if ask.questions else ""
        yield _ask(f"session:{session_id}", "Answer the question", "question", asked, title)
        return
    subject, is_whole = subject_of(ask)
    if is_whole:
        yield _ask(f"once:{ask.id}", "Allow once", "shield", subject, title)
    yield _ask(f"reject:{ask.id}", "Deny", "close", subject, title)
    yield _ask(f"session:{session_id}", "Show what is asked", "reply", subject, title)


def subject_of(ask: PermissionRequest) -> tuple[str, bool]:
    """What the agent wants to do, as a question in one line, and whether the line says all of it."""
    command = words(ask.metadata.get("command")) or ", ".join(ask.patterns)
    line = first_line(command, LINE)
    return ask_words(f"{ask.permission}: {line}"), line == command and bool(line) and "diff" not in ask.metadata


def _ask(id_: str, words: str, icon: str, subject: str, title: str) -> Entry:
    detail = " · ".join(text for text in (subject, title) if text)
    return {"id": id_, "words": words, "icon": icon, "detail": detail, "group": "Waiting for you", "strict": True}


def choice_entries(pickers: Pickers, commands: Iterable[str]) -> Iterator[Entry]:
    """What there is to choose for the next message, and the server's own commands."""
    current = pickers.current_model
    for model in pickers.models:
        yield {
            "id": f"model:{key_of(model)}",
            "kind": "model",
            "lead": "Model",
            "words": model.name or model.model_id,
            "icon": "layers",
            "detail": about(model),
            "group": model.provider_name or model.provider_id,
            "checked": model is current,
        }
    for agent in pickers.agents:
        yield {
            "id": f"agent:{agent.name}",
            "kind": "agent",
            "lead": "Agent",
            "words": title_of(agent.name),
            "icon": "agent",
            "detail": agent.description or "",
            "checked": agent.name == pickers.agent,
        }
    for effort in pickers.efforts:
        yield {
            "id": f"effort:{effort}",
            "kind": "effort",
            "lead": "Effort",
            "words": title_of(effort) or "Default",
            "icon": "thought",
            "checked": effort == pickers.effort,
        }
    for name in commands:
        yield {
            "id": f"slash:{name}",
            "kind": "slash",
            "lead": "Run",
            "words": f"/{name}",
            "icon": "terminal",
            "group": "The server's commands",
        }
