"""What can be done with a session from its menus: ask what is needed, then do it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sprintagen.opencode import ids
from sprintagen.opencode.errors import InvalidID

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.opencode.ids import SessionID
    from sprintagen.ui.chats.turn_actions import TurnActions
    from sprintagen.ui.page_context import PageContext


class SessionActions:
    """The actions, by the names the menus use.

    Args:
        page: The page they are done on.
        turns: Does those that are about what was said.
        on_gone: A session has been deleted here, for the time being.
    """

    def __init__(self, page: PageContext, turns: TurnActions, *, on_gone: Callable[[SessionID], Any]) -> None:
        self._page = page
        self._on_gone = on_gone
        self._turns = turns

    async def act(self, action: str, text: str) -> None:
        """Carry out an action on the session whose id is given."""
        try:
            session_id = ids.session_id(text)
        except InvalidID as error:
            self._page.tell(error, "find the session")
            return
        match action:
            case "rename":
                await self._rename(session_id)
            case "ticket":
                await self._set_ticket(session_id)
            case "archive" | "restore":
                await self._archive(session_id, archived=action == "archive")
            case "delete":
                await self._delete(session_id)
            case "undo" | "redo" | "fork" | "compact" | "share" | "unshare":
                await self._turns.act(action, session_id)
            case "copy-markdown":
                self._copy_markdown(session_id)
            case "export-html" | "export-md" | "export-json":
                self._download(session_id, action.removeprefix("export-"))
            case "copy-link":
                self._page.client.run_javascript(
                    f"import('prose').then((prose) => prose.copyText(location.origin + '/admin/chats/{session_id}'))"
                )
                self._page.toasts.done("Link copied")

    def _copy_markdown(self, session_id: SessionID) -> None:
        page, address = self._page, f"/api/opencode/sessions/{session_id}/export?format=md"
        page.client.run_javascript(
            f"fetch('{address}').then((answer) => answer.ok ? answer.text() : Promise.reject(new Error(answer.status)))"
            ".then(async (text) => (await import('prose')).copyText(text))"
            f".then(() => getElement({page.toasts.id}).show('done', 'Copied as Markdown', ''),"
            f" () => getElement({page.toasts.id}).show('error', 'The session could not be read', 'Try it again.'))"
        )

    def _download(self, session_id: SessionID, format: str) -> None:
        self._page.client.run_javascript(
            "const link = document.createElement('a'); link.download = '';"
            f"link.href = '/api/opencode/sessions/{session_id}/export?format={format}'; link.click()"
        )

    async def _rename(self, session_id: SessionID) -> None:
        page = self._page
        title = await page.modal.prompt(
            "Rename session", field="Title", value=self._row(session_id)[0], accept="Rename"
        )
        if title is not None and title.strip():
            await page.attempt(
                "rename the session", page.services.sessions.update(page.actor, session_id, title=title.strip())
            )

    async def _set_ticket(self, session_id: SessionID) -> None:
        page = self._page
        ticket = await page.modal.prompt(
            "Set ticket",
            field="Ticket",
            value=self._row(session_id)[1],
            text="A key of your own, such as SHOP-42, to find the session by. Empty takes it away.",
        )
        if ticket is not None:
            await page.attempt(
                "set the ticket", page.services.sessions.update(page.actor, session_id, ticket=ticket.strip())
            )

    async def _archive(self, session_id: SessionID, *, archived: bool) -> None:
        page = self._page
        work = page.services.sessions.update(page.actor, session_id, archived=archived)
        if await page.attempt("archive the session" if archived else "take the session out of the archive", work):
            page.toasts.done("Archived" if archived else "Back in the list")

    async def _delete(self, session_id: SessionID) -> None:
        page = self._page
        if await page.attempt("delete the session", page.services.deletions.delete(page.actor, session_id)):
            self._on_gone(session_id)

    def _row(self, session_id: SessionID) -> tuple[str, str]:
        row = self._page.services.sessions.listings.row(self._page.actor, session_id)
        return (row.title, row.ticket or "") if row is not None else ("", "")
