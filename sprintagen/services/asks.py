"""`Asks`: answering what a turn waits for, permissions and questions, wherever in the server they were asked."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from sprintagen.errors import Conflict, InvalidInput, NotFound
from sprintagen.opencode import errors as opencode_errors
from sprintagen.opencode import events

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from sprintagen.opencode.client import OpencodeClient
    from sprintagen.opencode.ids import PermissionID, QuestionID, SessionID
    from sprintagen.opencode.models import PermissionReply, PermissionRequest, QuestionRequest
    from sprintagen.services.refs import Actor
    from sprintagen.services.server import OpencodeServer
    from sprintagen.services.session_store import SessionStore

MESSAGE_LIMIT = 10_000


class Asks:
    """Answers for one server's sessions; opencode takes one only in the directory of its session."""

    def __init__(self, server: OpencodeServer, store: SessionStore) -> None:
        self._server = server
        self._store = store
        self._answering: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def pending(self, session_id: SessionID | None = None) -> list[PermissionRequest | QuestionRequest]:
        """What waits, oldest first: in a session and its subagents' sessions, or anywhere."""
        return self._store.all_asks() if session_id is None else self._store.asks_for(session_id)

    async def reply_permission(
        self, actor: Actor, permission_id: PermissionID, reply: PermissionReply, message: str | None = None
    ) -> None:
        """Allow it once or always, or deny it.

        Args:
            actor: Who answers.
            permission_id: Which request.
            reply: `always` holds for every session of the directory until opencode restarts; `reject` ends the turn.
            message: With `reject`, a word to the agent: the turn goes on with it.

        Raises:
            Conflict: It has been answered already.
            NotFound: Nobody asked that.
        """
        request = self._store.find_permission(permission_id)
        if request is None:
            raise self._gone(permission_id, "permission")
        word = (message or "").strip()
        if len(word) > MESSAGE_LIMIT:
            raise InvalidInput(f"The word to the agent has at most {MESSAGE_LIMIT} characters.", field="message")
        client = self._at(request.session_id)
        send = client.permissions.reply(permission_id, reply, word if reply == "reject" and word else None)
        replied = events.PermissionReplied(session_id=request.session_id, request_id=permission_id, reply=reply)
        await self._answer(actor, "permission", permission_id, reply, send, replied)

    async def reply_question(self, actor: Actor, question_id: QuestionID, answers: list[list[str]]) -> None:
        """Answer every question of the request, each with the labels chosen or own words.

        Raises:
            InvalidInput: The answers do not fit the questions.
            Conflict: It has been answered already.
            NotFound: Nobody asked that.
        """
        request = self._question(question_id)
        if len(answers) != len(request.questions):
            raise InvalidInput(f"There are {len(request.questions)} questions to answer.", field="answers")
        for question, answer in zip(request.questions, answers, strict=True):
            if not any(text.strip() for text in answer):
                raise InvalidInput(f"“{question.header or question.question}” has no answer.", field="answers")
            if len(answer) > 1 and not question.multiple:
                raise InvalidInput(f"“{question.header or question.question}” takes one answer.", field="answers")
        send = self._at(request.session_id).questions.reply(question_id, answers)
        await self._answer(actor, "question", question_id, "answered", send, _rejected(request))

    async def reject_question(self, actor: Actor, question_id: QuestionID) -> None:
        """Leave the request unanswered, which ends the turn.

        Raises:
            Conflict: It has been answered already.
            NotFound: Nobody asked that.
        """
        request = self._question(question_id)
        send = self._at(request.session_id).questions.reject(question_id)
        await self._answer(actor, "question", question_id, "dismissed", send, _rejected(request))

    def _question(self, question_id: QuestionID) -> QuestionRequest:
        request = self._store.find_question(question_id)
        if request is None:
            raise self._gone(question_id, "question")
        return request

    async def _answer(
        self, actor: Actor, kind: str, ask_id: str, answer: str, send: Coroutine[Any, Any, None], ended: events.Event
    ) -> None:
        """Send one answer, and take the request away at once; opencode's own event comes a moment later.

        Two who answer at the same time go one after the other: the second hears who was first.
        """
        lock = self._answering.setdefault(ask_id, asyncio.Lock())
        async with lock:
            if self._store.ask_end(ask_id) is not None:
                send.close()
                raise self._gone(ask_id, kind)
            try:
                await send
            except opencode_errors.NotFound as error:
                self._store.drop_ask(ended)
                raise self._gone(ask_id, kind) from error
            self._store.note_answer(ask_id, answer, actor.name)
            self._store.apply(None, ended)

    def _gone(self, ask_id: str, kind: str) -> Conflict | NotFound:
        end = self._store.ask_end(ask_id)
        if end is None and self._store.was_asked(ask_id):
            return Conflict(
                "The agent no longer waits for this.", hint="Its turn has ended, or opencode was started anew."
            )
        if end is None:
            return NotFound(f"This {kind} is not asked any more.", hint="It was answered elsewhere, or its turn ended.")
        who = f"by {end.by}" if end.by else "in another client"
        return Conflict(
            f"Already answered: {_WORDS[end.answer]}, {who}, {_ago(end.at)}.", hint="The first answer counts."
        )

    def _at(self, session_id: SessionID) -> OpencodeClient:
        session = self._store.sessions.get(session_id)
        return self._server.at(session.directory if session else None)


_WORDS = {
    "once": "allowed once",
    "always": "always allowed",
    "reject": "denied",
    "answered": "answered",
    "dismissed": "dismissed",
}


def _rejected(request: QuestionRequest) -> events.QuestionRejected:
    return events.QuestionRejected(session_id=request.session_id, request_id=request.id)


def _ago(moment: datetime) -> str:
    seconds = max(0, round((datetime.now(UTC) - moment).total_seconds()))
    if seconds < 60:
        return f"{seconds} s ago"
    return f"{seconds // 60} min ago" if seconds < 3600 else f"{seconds // 3600} h ago"
