"""What can be done with a session from its menus: ask what is needed, then do it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sprintagen.errors import NotFound
from sprintagen.opencode import ids
from sprintagen.opencode.errors import InvalidID

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.opencode.ids import SessionID
    from sprintagen.ui.chats.turn_actions import TurnActions
    from sprintagen.ui.page_context import PageContext


WORDS = {
    "pin": ("pin", "pinned"),
    "archive": ("archive", "archived"),
    "restore": ("take out of the archive", "back in the list"),
    "delete": ("delete", "deleted"),
}


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
            case "pin" | "unpin":
                await self._pin(session_id, pinned=action == "pin")
            case "move":
                await self._move(session_id)
            case "delete":
                await self._delete(session_id)
            case "undo" | "redo" | "fork" | "compact" | "share" | "unshare":
                await self._turns.act(action, session_id)
            case "copy-shared":
                await self._turns.act("share", session_id)
            case "copy-markdown":
                self._copy_markdown(session_id)
            case "export-html" | "export-md" | "export-json":
                self._download(session_id, action.removeprefix("export-"))
            case "copy-link":
                self._page.client.run_javascript(
                    f"const address = location.origin + window.path_prefix + '/admin/chats/{session_id}';"
                    "import('prose').then((prose) => prose.copyText(address))"
                )
                self._page.toasts.done("Link copied")
            case _:
                raise ValueError(f"no action is called {action!r}")

    async def act_on_all(self, action: str, texts: list[str]) -> None:
        """Carry out an action on every one of these sessions; says in the end how many it was done for.

        Args:
            action: `pin`, `archive`, `restore` or `delete`.
            texts: Their ids.
        """
        page, services = self._page, self._page.services
        done = 0
        for text in texts:
            try:
                session_id = ids.session_id(text)
                match action:
                    case "pin":
                        await services.pins.pin(page.actor, session_id)
                    case "archive" | "restore":
                        await services.sessions.update(page.actor, session_id, archived=action == "archive")
                    case "delete":
                        await services.deletions.delete(page.actor, session_id)
                        self._on_gone(session_id)
            except (InvalidID, NotFound):
                continue  # somebody else deleted it meanwhile
            except Exception as error:  # told to the person; an unexpected one is logged with its traceback
                page.tell(error, f"{WORDS[action][0]} all {len(texts)} sessions ({done} are done)")
                return
            done += 1
        if action != "delete":  # which is told by the bar that can bring them back
            page.toasts.done(f"{done} session{'s' if done != 1 else ''} {WORDS[action][1]}")

    def _copy_markdown(self, session_id: SessionID) -> None:
        page, address = self._page, f"/api/opencode/sessions/{session_id}/export?format=md"
        page.client.run_javascript(
            f"fetch(window.path_prefix + '{address}')"
            ".then((answer) => answer.ok ? answer.text() : Promise.reject(new Error(answer.status)))"
            ".then(async (text) => (await import('prose')).copyText(text))"
            f".then(() => getElement({page.toasts.id}).show('done', 'Copied as Markdown', ''),"
            f" () => getElement({page.toasts.id}).show('error', 'The session could not be read', 'Try it again.'))"
        )

    def _download(self, session_id: SessionID, format: str) -> None:
        self._page.client.run_javascript(
            "const link = document.createElement('a'); link.download = '';"
            f"link.href = window.path_prefix + '/api/opencode/sessions/{session_id}/export?format={format}';"
            "link.click()"
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

    async def _pin(self, session_id: SessionID, *, pinned: bool) -> None:
        pins, actor = self._page.services.pins, self._page.actor
        work = pins.pin(actor, session_id) if pinned else pins.unpin(actor, session_id)
        await self._page.attempt("pin the session" if pinned else "unpin the session", work)

    async def _move(self, session_id: SessionID) -> None:
        page, moving = self._page, self._page.services.acts.moving
        try:
            directories = await moving.destinations(page.actor, session_id)
        except Exception as error:  # told to the person; an unexpected one is logged with its traceback
            page.tell(error, "find out where the session can go")
            return
        if not directories:
            page.toasts.error(
                "There is nowhere to move this session",
                "opencode moves a session between the worktrees and clones of one project, and knows no other of this.",
            )
            return
        directory = await page.modal.choose(
            "Move session",
            field="To the directory",
            options=directories,
            accept="Move",
            text="The agent goes on there. No file goes along.",
        )
        if directory is not None and await page.attempt(
            "move the session", moving.move(page.actor, session_id, directory)
        ):
            page.toasts.done("Moved")

    async def _delete(self, session_id: SessionID) -> None:
        page = self._page
        if await page.attempt("delete the session", page.services.deletions.delete(page.actor, session_id)):
            self._on_gone(session_id)

    def _row(self, session_id: SessionID) -> tuple[str, str]:
        row = self._page.services.sessions.listings.row(self._page.actor, session_id)
        return (row.title, row.ticket or "") if row is not None else ("", "")
