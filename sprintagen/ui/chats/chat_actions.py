"""What a person does in an open session: answer the agent, stop it, tend the queue. Each tells whether it worked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.ui.chats.queue_panel import QueueActions
from sprintagen.ui.chats.tail import TailActions

if TYPE_CHECKING:
    from sprintagen.opencode.ids import PermissionID, QuestionID, SessionID
    from sprintagen.opencode.models import PermissionReply
    from sprintagen.services.sessions import SessionRow
    from sprintagen.ui.chats.page_state import PageState
    from sprintagen.ui.chats.question_card import QuestionAnswer
    from sprintagen.ui.page_context import PageContext


class ChatActions:
    """The actions on the selected session."""

    def __init__(self, page: PageContext, state: PageState) -> None:
        self._page = page
        self._state = state

    def for_tail(self) -> TailActions:
        """What the cards and the queue at the end of a transcript look up and do."""
        return TailActions(
            asks=self._page.services.store.asks_for,
            source=self._name_of,
            queue=self._page.services.prompts.queue,
            is_away=lambda: self._page.services.feed.connection.state in ("reconnecting", "failed"),
            on_permission=self.reply,
            on_question=self._reply_question,
        )

    def for_queue(self) -> QueueActions:
        """What the queue above the composer does."""
        return QueueActions(
            on_remove=self._remove_prompt,
            on_retry=self._retry_prompt,
            on_move=self._move_prompt,
            on_edit=self._edit_prompt,
            on_send_now=self._send_prompt_now,
        )

    def owner_of(self, session_id: SessionID) -> tuple[SessionID, str]:
        """The session a person knows that one belongs to, itself or the one its subagent works for, and its title."""
        owner = next(reversed(self._page.services.store.ancestors(session_id)), session_id)
        row = self.find_row(owner)
        return owner, (row.title if row else "") or "New session"

    def find_row(self, session_id: SessionID) -> SessionRow | None:
        """A session's row, archived or a subagent's as it may be."""
        return self._page.services.sessions.listings.row(self._page.actor, session_id)

    async def stop(self) -> bool:
        """End the running turn; what waits in the queue stays."""
        page, selected = self._page, self._state.selected
        return selected is not None and await page.attempt(
            "stop the turn", page.services.sessions.abort(page.actor, selected)
        )

    def _name_of(self, session_id: SessionID) -> str:
        row = self.find_row(session_id)
        return f"Subagent “{row.title}”" if row and row.title else "A subagent"

    async def reply(self, permission_id: PermissionID, reply: PermissionReply, message: str = "") -> bool:
        """Answer a permission; a word may go with a "no"."""
        page = self._page
        work = page.services.asks.reply_permission(page.actor, permission_id, reply, message or None)
        return await page.attempt("answer the agent", work)

    async def _reply_question(self, question_id: QuestionID, answers: QuestionAnswer) -> bool:
        page, asks = self._page, self._page.services.asks
        if answers is None:
            return await page.attempt("dismiss the question", asks.reject_question(page.actor, question_id))
        return await page.attempt("answer the agent", asks.reply_question(page.actor, question_id, answers))

    async def _remove_prompt(self, prompt_id: str) -> bool:
        page, selected = self._page, self._state.selected
        return selected is not None and await page.attempt(
            "take the message out of the queue", page.services.prompts.remove(page.actor, selected, prompt_id)
        )

    async def _retry_prompt(self, prompt_id: str) -> bool:
        page, selected = self._page, self._state.selected
        return selected is not None and await page.attempt(
            "send the message", page.services.prompts.retry(page.actor, selected, prompt_id)
        )

    async def _move_prompt(self, prompt_id: str, index: int) -> bool:
        page, selected = self._page, self._state.selected
        return selected is not None and await page.attempt(
            "move the message", page.services.prompts.line.move(page.actor, selected, prompt_id, index)
        )

    async def _edit_prompt(self, prompt_id: str, text: str) -> bool:
        page, selected = self._page, self._state.selected
        return selected is not None and await page.attempt(
            "change the message", page.services.prompts.line.edit(page.actor, selected, prompt_id, text)
        )

    async def _send_prompt_now(self, prompt_id: str) -> bool:
        page, selected = self._page, self._state.selected
        return selected is not None and await page.attempt(
            "send the message now", page.services.prompts.line.send_now(page.actor, selected, prompt_id)
        )
