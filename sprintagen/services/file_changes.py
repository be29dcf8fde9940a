"""`FileChanges`: which files a session, one of its turns, the working tree or the branch changed, and how.

What a session changed is not asked for: opencode notes at each prompt what its turn did to whole files, and the notes
of all turns are joined file by file. What git knows is asked of the server, which has git, not we.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sprintagen.errors import Conflict, NotFound
from sprintagen.opencode import errors as opencode_errors
from sprintagen.opencode.models import UserMessage
from sprintagen.services.changed_file import FileChange, join_notes, notes_in, of_wire, with_renames
from sprintagen.services.message_view import has_visible_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sprintagen.opencode.ids import MessageID, SessionID
    from sprintagen.opencode.models import FileDiff, Message
    from sprintagen.services.changed_file import Notes
    from sprintagen.services.history import Histories
    from sprintagen.services.refs import Actor
    from sprintagen.services.session_access import SessionAccess
    from sprintagen.services.session_view import MessageView, SessionView
    from sprintagen.services.sessions import Sessions

Scope = Literal["session", "turn", "worktree", "branch"]
"""Everything the session did; one prompt and what it set off; what is not committed; the branch against the default
one, what is not committed included."""
GIT_SECONDS = 120.0
"""Silence after which git counts as gone: opencode runs it once for each file that is new."""


@dataclass(frozen=True, slots=True)
class Branches:
    """Where the session's directory stands in git."""

    is_git: bool
    branch: str = ""
    """Empty: none, as with a commit that is checked out by itself."""
    default: str = ""

    @property
    def has_own(self) -> bool:
        """Whether there is a branch to hold against the default one."""
        return bool(self.branch and self.default and self.branch != self.default)


@dataclass(frozen=True, slots=True)
class Changes:
    """The changed files, by path."""

    scope: Scope
    files: tuple[FileChange, ...]
    message_id: str = ""
    """The prompt, of a turn."""

    @property
    def added(self) -> int:
        return sum(file.added for file in self.files)

    @property
    def removed(self) -> int:
        return sum(file.removed for file in self.files)


class FileChanges:
    """The changes of one server's sessions.

    Args:
        access: The way to them.
        sessions: Opens them.
        histories: What lies before their live ends.
    """

    def __init__(self, access: SessionAccess, sessions: Sessions, histories: Histories) -> None:
        self._access = access
        self._sessions = sessions
        self._histories = histories

    async def branches(self, session_id: SessionID) -> Branches:
        """Whether there is git where the session works, and which branch is checked out."""
        session = await self._access.find(session_id)
        vcs = await self._access.at(session_id).vcs.get()
        is_git = session.project_id != "global" or vcs.branch is not None
        return Branches(is_git, vcs.branch or "", vcs.default_branch or "")

    async def read(
        self, actor: Actor, session_id: SessionID, scope: Scope = "session", *, message_id: MessageID | None = None
    ) -> Changes:
        """What changed.

        Args:
            actor: Who asks.
            session_id: The session; of git's scopes only its directory matters.
            scope: Changed by what.
            message_id: The prompt of a `turn`; None: the last one.

        Raises:
            NotFound: There is no such session or message.
            Conflict: There is no git, or no branch to compare.
            OpencodeError: The server cannot be asked.
        """
        if scope in ("worktree", "branch"):
            return await self._of_git(session_id, scope)
        view = await self._sessions.view(actor, session_id)
        if scope == "turn":
            return await self._of_turn(view, message_id)
        older = await self._histories.of(view).diffs.read()
        notes = [note for message in view.messages.values() if (note := _notes(message.info))]
        return await asyncio.to_thread(_of_session, notes, older)

    async def _of_turn(self, view: SessionView, message_id: MessageID | None) -> Changes:
        live = list(view.messages.values())
        prompts = [message for message in live if isinstance(message.info, UserMessage)]
        begins = [at for at, message in enumerate(prompts) if has_visible_text(message)] or [0] * bool(prompts)
        if message_id is None:
            if not prompts:
                return Changes("turn", ())
            return await self._joined_turn(prompts[begins[-1] :])
        at = next((at for at, message in enumerate(prompts) if message.info.id == message_id), None)
        if at is not None:
            end = next((begin for begin in begins if begin > at), len(prompts))
            return await self._joined_turn(prompts[at:end])
        client = self._access.at(view.session_id)
        try:
            message = await client.messages.get(view.session_id, message_id)
        except opencode_errors.NotFound as error:
            raise NotFound("This message does not exist.", hint="It may have been undone or deleted.") from error
        files = await asyncio.to_thread(_joined, [_notes(message.info)])
        return Changes("turn", files, message_id)

    async def _joined_turn(self, prompts: Sequence[MessageView]) -> Changes:
        """The prompt, and what opencode said to itself before the next one."""
        files = await asyncio.to_thread(_joined, [_notes(message.info) for message in prompts])
        return Changes("turn", files, prompts[0].info.id)

    async def _of_git(self, session_id: SessionID, scope: Literal["worktree", "branch"]) -> Changes:
        branches = await self.branches(session_id)
        if not branches.is_git:
            raise Conflict("This project is not in a git repository.", hint="Run git init in it to see its changes.")
        if scope == "branch" and not branches.has_own:
            raise Conflict(
                f"{branches.branch} is the default branch, so there is no other to hold it against."
                if branches.branch
                else "No branch is checked out here.",
                hint="Choose the working tree to see what is not committed.",
            )
        vcs = self._access.at(session_id).vcs
        diffs = await vcs.diff("git" if scope == "worktree" else "branch", timeout=GIT_SECONDS)
        return Changes(scope, await asyncio.to_thread(_of_diffs, diffs))


def _notes(info: Message) -> Notes:
    return notes_in(info.summary) if isinstance(info, UserMessage) else []


def _of_session(live: list[Notes], older: dict[str, FileChange]) -> Changes:
    by_path = dict(older)
    for notes in live:
        join_notes(by_path, notes)
    return Changes("session", with_renames(by_path.values()))


def _joined(turns: list[Notes]) -> tuple[FileChange, ...]:
    by_path: dict[str, FileChange] = {}
    for notes in turns:
        join_notes(by_path, notes)
    return with_renames(by_path.values())


def _of_diffs(diffs: Sequence[FileDiff]) -> tuple[FileChange, ...]:
    return with_renames(of_wire(diff.model_dump()) for diff in diffs)
