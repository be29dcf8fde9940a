"""`Asks`: answering what a turn waits for, permissions and questions, wherever in the server they were asked."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from sprintagen.errors import Conflict, InvalidInput, NotFound
from sprintagen.opencode import errors as opencode_errors
from sprintagen.opencode import events

if TYPE_CHECKING:
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
        self._answered: deque[str] = deque(maxlen=500)

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
        try:
            await client.permissions.reply(permission_id, reply, word if reply == "reject" and word else None)
        except opencode_errors.NotFound as error:
            self._settle(request.session_id, permission_id, "reject")
            raise self._gone(permission_id, "permission") from error
        self._settle(request.session_id, permission_id, reply)

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
        try:
            await self._at(request.session_id).questions.reply(question_id, answers)
        except opencode_errors.NotFound as error:
            self._settle_question(request)
            raise self._gone(question_id, "question") from error
        self._settle_question(request)

    async def reject_question(self, actor: Actor, question_id: QuestionID) -> None:
        """Leave the request unanswered, which ends the turn.

        Raises:
            Conflict: It has been answered already.
            NotFound: Nobody asked that.
        """
        request = self._question(question_id)
        try:
            await self._at(request.session_id).questions.reject(question_id)
        except opencode_errors.NotFound as error:
            self._settle_question(request)
            raise self._gone(question_id, "question") from error
        self._settle_question(request)

    def _question(self, question_id: QuestionID) -> QuestionRequest:
        request = self._store.find_question(question_id)
        if request is None:
            raise self._gone(question_id, "question")
        return request

    def _settle(self, session_id: SessionID, permission_id: PermissionID, reply: str) -> None:
        """Take the request away at once; opencode's own event comes a moment later and changes nothing more."""
        self._answered.append(permission_id)
        self._store.apply(None, events.PermissionReplied(session_id=session_id, request_id=permission_id, reply=reply))

    def _settle_question(self, request: QuestionRequest) -> None:
        self._answered.append(request.id)
        self._store.apply(None, events.QuestionRejected(session_id=request.session_id, request_id=request.id))

    def _gone(self, ask_id: str, kind: str) -> Conflict | NotFound:
        if ask_id in self._answered:
            return Conflict(f"This {kind} has been answered already.", hint="The first answer counts.")
        return NotFound(f"This {kind} is not asked any more.", hint="It was answered elsewhere, or its turn has ended.")

    def _at(self, session_id: SessionID) -> OpencodeClient:
        session = self._store.sessions.get(session_id)
        return self._server.at(session.directory if session else None)
