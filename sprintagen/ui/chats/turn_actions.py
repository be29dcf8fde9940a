"""What a person does with a session as it stands: undo, redo, say it differently, ask again, fork, compact, share.

Before anything is taken back the page says what that takes with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from sprintagen.services.forking import origin_of
from sprintagen.ui.chats.chat_header import Standing
from sprintagen.ui.chats.tools.base import first_line
from sprintagen.ui.report import EXPECTED, describe

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sprintagen.opencode.ids import MessageID, SessionID
    from sprintagen.opencode.models import Session
    from sprintagen.services.reverting import RevertPreview
    from sprintagen.ui.chats.composer import Composer
    from sprintagen.ui.chats.message_foot import MessageAct
    from sprintagen.ui.chats.undo_bar import Wanted
    from sprintagen.ui.page_context import PageContext

SessionAct = Literal["undo", "redo", "fork", "compact", "share", "unshare"]
FILES_SHOWN = 8
"""Files named one by one in a question."""


class TurnActions:
    """The actions on messages and on whole sessions.

    Args:
        page: The page they are done on.
        on_select: Show this session, and say so in the address bar.
    """

    composer: Composer

    def __init__(self, page: PageContext, *, on_select: Callable[[SessionID], Any]) -> None:
        self._page = page
        self._acts = page.services.acts
        self._on_select = on_select
        self._can_share = False
        self._is_forking = False

    async def act(self, action: SessionAct, session_id: SessionID) -> None:
        """Something in a session's menu."""
        match action:
            case "undo":
                await self._undo(session_id, None)
            case "redo":
                await self.redo(session_id, "next")
            case "fork":
                await self._fork(session_id, None)
            case "compact":
                await self._compact(session_id)
            case "share":
                await self._share(session_id)
            case "unshare":
                if await self._page.attempt(
                    "take the shared session back", self._acts.sharing.unshare(self._page.actor, session_id)
                ):
                    self._page.toasts.done("No longer shared")

    async def act_on_message(self, action: MessageAct, session_id: SessionID, message_id: MessageID) -> None:
        """One of a message's buttons."""
        match action:
            case "undo":
                await self._undo(session_id, message_id)
            case "edit":
                await self._undo(session_id, message_id, edit=True)
            case "fork":
                await self._fork(session_id, message_id)
            case "regenerate":
                await self._regenerate(session_id)

    async def redo(self, session_id: SessionID, wanted: Wanted) -> None:
        """Bring back undone messages."""
        reverting, actor = self._acts.reverting, self._page.actor
        text = self._undone_text(session_id)
        work: Awaitable[Session]
        if wanted == "all":
            work = reverting.unrevert(actor, session_id)
        else:
            work = reverting.redo(actor, session_id, None if wanted == "next" else wanted)
        if await self._page.attempt("bring the messages back", work):
            self.composer.take_back(text, session_id)
            await self._see(session_id)

    # -- inside -------------------------------------------------------------------------------------------------------

    async def _undo(self, session_id: SessionID, message_id: MessageID | None, *, edit: bool = False) -> None:
        page, reverting = self._page, self._acts.reverting
        preview = await self._preview(session_id, message_id)
        if preview is None:
            return
        is_active = page.services.store.view(session_id).is_active
        verb = "edit" if edit else "undo"
        if not await page.modal.confirm(
            "Edit this message?" if edit else f"Undo {_count(preview.prompts, 'message')}?",
            _words(preview, is_active=is_active, edit=edit),
            accept=f"Stop and {verb}" if is_active else verb.capitalize(),
            rows=_rows(preview),
        ):
            return
        work = reverting.revert(page.actor, session_id, preview.message_id, stop=is_active)
        if await page.attempt(f"{verb} the message", work):
            self.composer.bring(preview.text, session_id)
            await self._see(session_id)

    async def _see(self, session_id: SessionID) -> None:
        """What a person did here is no news to them, though opencode counts it as an update."""
        page = self._page
        seeing = page.services.sessions.mark_seen(page.actor, session_id)
        await page.attempt("remember what you have seen", seeing)

    async def _regenerate(self, session_id: SessionID) -> None:
        page = self._page
        preview = await self._preview(session_id, None)
        if preview is None:
            return
        if preview.files and not await page.modal.confirm(
            "Ask again?",
            "The answer is undone, and with it what it changed in files. Then the same message is sent again.",
            accept="Ask again",
            rows=_rows(preview),
        ):
            return
        work = self._acts.resending.resend(page.actor, session_id, preview.message_id)
        await page.attempt("ask again", work)

    async def _fork(self, session_id: SessionID, message_id: MessageID | None) -> None:
        page = self._page
        if self._is_forking:  # a double click wants one fork
            return
        self._is_forking = True
        try:
            fork = await self._acts.forking.fork(page.actor, session_id, message_id)
        except Exception as error:  # told to the person; an unexpected one is logged with its traceback
            page.tell(error, "fork the session")
            return
        finally:
            self._is_forking = False
        self.composer.bring(fork.text, fork.session_id)
        self._on_select(fork.session_id)
        page.toasts.done("This is the fork")

    async def _compact(self, session_id: SessionID) -> None:
        page = self._page
        if await page.modal.confirm(
            "Compact this session?",
            "The model sums up what was said and goes on with the summary, which makes room in its context. "
            "You still see every message.",
            accept="Compact",
        ) and await page.attempt("compact the session", self._acts.compacting.compact(page.actor, session_id)):
            page.toasts.done("Session compacted")

    def standing(self, session_id: SessionID | None) -> Standing:
        """How a session stands, from memory."""
        session = self._page.services.store.sessions.get(session_id) if session_id else None
        if session is None:
            return Standing()
        origin = origin_of(session)
        source = self._page.services.store.sessions.get(origin) if origin else None
        return Standing(
            is_undone=session.revert is not None,
            is_shared=session.share is not None,
            can_share=self._can_share,
            origin=origin or "",
            origin_title=first_line(source.title, 60) if source is not None else "",
        )

    async def learn(self, session_id: SessionID) -> None:
        """Find out what the server allows in a session that was opened."""
        try:
            self._can_share = await self._acts.sharing.is_offered(session_id)
        except EXPECTED as error:
            describe(error, "find out whether sessions can be shared")
            self._can_share = False

    async def _share(self, session_id: SessionID) -> None:
        page = self._page
        session = page.services.store.sessions.get(session_id)
        if session is not None and session.share is not None:
            page.copy(session.share.url)
            page.toasts.done("Link copied")
            return
        if not await page.modal.confirm(
            "Share this session?",
            "It is published on opencode's own site with everything in it, and as it goes on. "
            "Whoever has the link can read it.",
            accept="Share",
        ):
            return
        try:
            url = await self._acts.sharing.share(page.actor, session_id)
        except Exception as error:  # told to the person; an unexpected one is logged with its traceback
            page.tell(error, "share the session")
            return
        page.copy(url)
        page.toasts.done("Shared; the link is copied")

    async def _preview(self, session_id: SessionID, message_id: MessageID | None) -> RevertPreview | None:
        try:
            return await self._acts.reverting.preview(self._page.actor, session_id, message_id)
        except Exception as error:  # told to the person; an unexpected one is logged with its traceback
            self._page.tell(error, "look what would be undone")
            return None

    def _undone_text(self, session_id: SessionID) -> str:
        """What was put into the composer when messages were undone."""
        undone = self._acts.reverting.undone(session_id)
        return undone.prompts[0].text if undone is not None and undone.prompts else ""


def _words(preview: RevertPreview, *, is_active: bool, edit: bool) -> str:
    said = first_line(preview.text, 120)
    sentences = []
    if is_active:
        sentences.append("The agent is working; it is stopped first.")
    if preview.prompts > 1:
        sentences.append(f"“{said}” and {_count(preview.prompts - 1, 'later message')} are undone, with the answers.")
    elif said:
        sentences.append(f"“{said}” is undone, with the answer.")
    else:
        sentences.append("The last message is undone, with the answer.")
    sentences.append("These files go back:" if preview.files else "No file is changed by this.")
    if edit and preview.attachments:
        sentences.insert(-1, f"Its {_count(preview.attachments, 'attached file')} must be attached again.")
    return " ".join(sentences)


def _rows(preview: RevertPreview) -> list[tuple[str, str]]:
    """Files with what is taken back in them: lines that were added go."""
    rows = [(file.file, f"+{file.additions} −{file.deletions}") for file in preview.files[:FILES_SHOWN]]
    if more := len(preview.files) - FILES_SHOWN:
        rows += [(f"and {_count(more, 'more file')}", "")] if more > 0 else []
    return rows


def _count(number: int, noun: str) -> str:
    if number == 1 and noun == "message":
        return "this message"
    return f"{number} {noun}{'s' if number != 1 else ''}"
