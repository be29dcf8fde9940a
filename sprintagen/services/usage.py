"""What sessions used: tokens by kind and US dollars, of one session, of those of its subagents, and turn by turn."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from sprintagen.opencode.models import AssistantMessage, TextPart, UserMessage
from sprintagen.services.session_row import title_of
from sprintagen.services.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sprintagen.opencode.ids import MessageID, SessionID
    from sprintagen.opencode.models import Session, Tokens
    from sprintagen.services.session_store import SessionStore
    from sprintagen.services.session_view import MessageView, SessionView


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens as the provider counted them, and US dollars. What came from the cache is not part of `input`."""

    input: float = 0
    output: float = 0
    reasoning: float = 0
    cache_read: float = 0
    cache_write: float = 0
    cost: float = 0

    def __add__(self, other: Spent) -> Spent:
        return Spent(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    @property
    def tokens(self) -> float:
        """All of them; of one step that is what it left in the model's context."""
        return self.input + self.output + self.reasoning + self.cache_read + self.cache_write


@dataclass(frozen=True, slots=True)
class ChildUsage:
    """A subagent's session."""

    session_id: SessionID
    title: str
    depth: int
    """1: the session itself called it; 2: a subagent did, and so on."""
    spent: Spent


@dataclass(frozen=True, slots=True)
class TurnUsage:
    """One prompt with its answer."""

    message_id: MessageID
    """Of the prompt."""
    text: str
    """How it begins, in one line."""
    spent: Spent
    context: float
    """Tokens in the model's context after its last step; 0: not told."""


@dataclass(frozen=True, slots=True)
class SessionUsage:
    """One session with all that works for it."""

    own: Spent
    children: tuple[ChildUsage, ...]

    @property
    def total(self) -> Spent:
        return sum((child.spent for child in self.children), self.own)


def spent(tokens: Tokens | None, cost: float) -> Spent:
    """What opencode says of a session or a step."""
    if tokens is None:
        return Spent(cost=cost)
    return Spent(tokens.input, tokens.output, tokens.reasoning, tokens.cache.read, tokens.cache.write, cost)


def of_session(store: SessionStore, session_id: SessionID) -> SessionUsage:
    """What a session and the sessions of its subagents used so far, by opencode's own sums (undone turns are not in
    them). From memory."""
    first, *below = store.family(session_id)
    depths = {first: 0}
    children: list[ChildUsage] = []
    for id_ in below:
        session = store.sessions.get(id_)
        if session is None:
            continue
        depths[id_] = depths.get(session.parent_id or first, 0) + 1
        children.append(ChildUsage(id_, title_of(session), depths[id_], _of(session)))
    return SessionUsage(_of(store.sessions.get(first)), tuple(children))


def of_turns(view: SessionView, limit: int) -> list[TurnUsage]:
    """The last turns of a session as far as they are in memory, the newest first."""
    turns: dict[MessageID, list[AssistantMessage]] = {}
    for message in view.messages.values():
        if isinstance(message.info, AssistantMessage) and message.info.parent_id is not None:
            turns.setdefault(message.info.parent_id, []).append(message.info)
    found = []
    for message_id, steps in list(turns.items())[: -limit - 1 : -1]:
        prompt = view.messages.get(message_id)
        if prompt is None or not isinstance(prompt.info, UserMessage):
            continue
        counted = [spent(step.tokens, step.cost) for step in steps]
        context = next((one.tokens for one in reversed(counted) if one.tokens), 0)
        found.append(TurnUsage(message_id, _beginning(prompt), sum(counted, Spent()), context))
    return found


def _of(session: Session | None) -> Spent:
    return spent(session.tokens, session.cost) if session is not None else Spent()


def _beginning(prompt: MessageView) -> str:
    return one_line(_text(view.text for view in prompt.parts.values() if isinstance(view.part, TextPart)), 80)


def _text(texts: Iterable[str]) -> str:
    return next((text for text in texts if text.strip()), "")
