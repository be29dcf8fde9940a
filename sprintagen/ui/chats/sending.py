"""`Sending`: what the composer hands over goes to its session; a chat without one gets it first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sprintagen.opencode import ids
from sprintagen.services.prompts import PromptDraft
from sprintagen.services.review_comments import with_comments
from sprintagen.ui.chats.composer import NEW

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.opencode.ids import SessionID
    from sprintagen.ui.chats.choices import Choices
    from sprintagen.ui.chats.composer import Composer, Sent
    from sprintagen.ui.chats.page_state import PageState
    from sprintagen.ui.chats.pickers import Choice
    from sprintagen.ui.page_context import PageContext


class Sending:
    """The way from the composer to a session.

    Args:
        page: The page it is on.
        state: What the page has selected.
        composer: Is told when a session has begun.
        choices: Which agent and model it goes to.
        on_select: Show this session, and say so in the address bar.
    """

    def __init__(
        self,
        page: PageContext,
        state: PageState,
        composer: Composer,
        choices: Choices,
        *,
        on_select: Callable[[SessionID | None], Any],
    ) -> None:
        self._page = page
        self._state = state
        self._composer = composer
        self._choices = choices
        self._on_select = on_select

    async def send(self, session: str, sent: Sent, key: str) -> bool:
        """Send to a session, or to a new one; whether it was taken. Why not is told on the page."""
        page = self._page
        try:
            choice = await self._choices.of(ids.session_id(session) if session != NEW else None)
            draft = PromptDraft(
                text=with_comments(sent.text, sent.comments),
                files=tuple([await page.services.uploads.get(page.actor, one) for one in sent.uploads]),
                agent=choice.agent,
                model=choice.model,
                variant=choice.variant,
                mentions=sent.mentions if sent.kind == "prompt" else (),
                kind=sent.kind,
            )
            session_id = await self._create(key, sent, choice) if session == NEW else ids.session_id(session)
            await page.services.prompts.send(page.actor, session_id, draft, client_key=key)
        except Exception as error:  # the text goes back into the field; the words say why
            page.tell(error, "send the message")
            return False
        return True

    async def _create(self, key: str, sent: Sent, choice: Choice) -> SessionID:
        row = await self._page.services.sessions.create(self._page.actor, key=key, is_repeat=sent.is_repeat)
        await self._choices.keep(row.session_id, choice)
        if self._state.selected is None:
            self._composer.begun(row.session_id)
            self._on_select(row.session_id)
        return row.session_id
