"""The pane of the session list: new, search, filter, rows."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from nicegui import ui

from sprintagen.services.listing import ListQuery
from sprintagen.ui.chats.session_list import SessionList
from sprintagen.ui.kit.action_button import ActionButton
from sprintagen.ui.kit.popup_menu import MenuItem, PopupMenu
from sprintagen.ui.kit.region import Region
from sprintagen.ui.kit.search_field import SearchField

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.opencode.ids import SessionID
    from sprintagen.services.listings import ListMark, ListWindow
    from sprintagen.ui.chats.page_state import ListFilter
    from sprintagen.ui.page_context import PageContext

FIRST = 120
"""So many rows come with the page, and with each other list."""


class ListPane:
    """The list.

    Args:
        page: The page it is on.
        list_filter: What it shows.
        on_new: A new session is wanted.
        on_pick: A session was chosen; the address bar says so already.
        on_act: An action of a row's menu.
        on_act_all: An action on all sessions that were chosen.
    """

    def __init__(
        self,
        page: PageContext,
        list_filter: ListFilter,
        *,
        on_new: Callable[[], Any],
        on_pick: Callable[[str], Any],
        on_act: Callable[[str, str], Any],
        on_act_all: Callable[[str, list[str]], Any],
    ) -> None:
        self._page = page
        self._filter = list_filter
        self._range = (0, FIRST)
        self._drawn_chips: list[tuple[str, str]] = []
        with Region("list", tag="aside") as pane:
            pane.props["aria-label"] = "Sessions"
            with ui.element("div").classes("list__top"):
                new = ActionButton("New session", icon="new", kind="plain", on_click=on_new, testid="new-session")
                new.classes("list__new")
            with ui.element("div").classes("list__find"):
                self._search_field = SearchField("Search sessions", on_search=self._search, testid="session-search")
                self._menu = PopupMenu(
                    "Filter",
                    self._items(),
                    on_pick=self._pick_filter,
                    icon="filter",
                    align="end",
                    testid="session-filter",
                )
            with Region("list__filters") as self._chips:
                pass
            with Region("list__rows"):
                self.rows = SessionList(
                    self._mark(),
                    self._window(),
                    home=page.services.about.directory,
                    on_pick=on_pick,
                    on_act=on_act,
                    on_act_all=on_act_all,
                    on_reach=self._reach,
                    on_look=self._look,
                    on_rest=page.services.warming.expect,
                )
                with self.rows:
                    self._none = ui.label("").classes("list__none")
        self._say_none()

    def select(self, session_id: SessionID | None) -> None:
        """Mark the session that is open."""
        listings = self._page.services.sessions.listings
        self.rows.refresh(self._mark(), self._window())  # the position counts on what is shown
        position = listings.position(self._query(), session_id) if session_id is not None else None
        self.rows.select(session_id, position)

    def neighbour(self, session_id: SessionID | None, step: int) -> SessionID | None:
        """The session so many rows below another in the list as it is filtered; the first one for none."""
        listings = self._page.services.sessions.listings
        at = listings.position(self._query(), session_id) if session_id is not None else None
        wanted = 0 if at is None else at + step
        rows = listings.window(self._page.actor, self._query(), wanted, wanted + 1).rows if wanted >= 0 else ()
        return rows[0].session_id if rows else None

    def restore(self, kept: Any) -> None:
        """Filter as the browser kept it from before the page was loaded anew; see `_replace`."""
        known = kept if isinstance(kept, dict) else {}
        texts = {key: known[key][:4096] for key in ("search", "directory", "ticket") if isinstance(known.get(key), str)}
        wanted = self._filter
        wanted.search = texts.get("search", "")[:200]
        wanted.directory, wanted.ticket = texts.get("directory"), texts.get("ticket")
        wanted.origin = "created" if known.get("origin") == "created" else "all"
        wanted.archived = known.get("archived") is True
        wanted.children = known.get("children") is True
        if wanted.search or wanted.is_set:
            self._search_field.put(wanted.search)
            self._replace()

    def refresh(self) -> None:
        """Show what is different; costs next to nothing when nothing is."""
        self.rows.refresh(self._mark(), self._window())
        self._menu.set_items(self._items())
        self._say_none()

    def _replace(self) -> None:
        wanted = self._filter
        self._range = (0, FIRST)
        self.rows.replace(self._mark(), self._window(), archived=wanted.archived)
        kept = f" = {_as_javascript(wanted)}" if wanted.search or wanted.is_set else " = ''"
        self._page.client.run_javascript(f"sessionStorage['sprintagen.filter']{kept}")
        self._menu.set_items(self._items())
        self._draw_chips()
        self._say_none()

    def _search(self, text: str) -> None:
        if text != self._filter.search:
            self._filter.search = text
            self._replace()

    def _look(self, start: int, stop: int) -> None:
        self._range = (start, stop)
        self.rows.show(self._mark(), self._window(), start, stop)

    def _reach(self, start: int, stop: int) -> None:
        self.rows.choose(self._page.services.sessions.listings.ids(self._query(), start, stop))

    def _query(self) -> ListQuery:
        wanted = self._filter
        search = " ".join(wanted.search.casefold().split())  # one list for all ways to type it
        return ListQuery(
            search,
            wanted.directory,
            wanted.ticket,
            wanted.origin,
            archived=wanted.archived,
            children=wanted.children,
            pinned_by=self._page.actor.name,
        )

    def _mark(self) -> ListMark:
        return self._page.services.sessions.listings.mark(self._query())

    def _window(self) -> ListWindow:
        return self._page.services.sessions.listings.window(self._page.actor, self._query(), *self._range)

    def _say_none(self) -> None:
        if self._filter.search:
            words = f"No session matches “{self._filter.search[:60]}”."
        elif self._filter.is_set:
            words = "No session fits the filter."
        elif self._page.services.feed.connection.state != "connected":
            words = "The sessions appear here once opencode answers."
        else:
            words = "No sessions yet. Type below to begin the first one."
        if self._none.text != words:
            self._none.set_text(words)

    def _items(self) -> list[MenuItem]:
        wanted = self._filter
        items = [
            MenuItem(
                value="origin:all",
                label="All sessions",
                group="Show",
                checked=wanted.origin == "all" and not wanted.archived,
            ),
            MenuItem(
                value="origin:created",
                label="Created here",
                checked=wanted.origin == "created" and not wanted.archived,
                group="Show",
            ),
            MenuItem(value="archived:", label="Archived", checked=wanted.archived, group="Show"),
            MenuItem(value="children:", label="Subagents, too", checked=wanted.children, group="Show"),
        ]
        directories = self._page.services.sessions.directories()
        if len(directories) > 1 or wanted.directory:
            items.append(
                MenuItem(value="directory:", label="Any directory", group="Directory", checked=wanted.directory is None)
            )
            items += [
                MenuItem(
                    value=f"directory:{path}",
                    label=PurePosixPath(path).name or path,
                    detail=path,
                    group="Directory",
                    checked=wanted.directory == path,
                )
                for path in directories
            ]
        known = self._page.services.sessions.listings.tickets()
        tickets = sorted({*known, *([wanted.ticket] if wanted.ticket else [])})
        if tickets:
            items.append(MenuItem(value="ticket:", label="Any ticket", group="Ticket", checked=wanted.ticket is None))
            items += [
                MenuItem(value=f"ticket:{key}", label=key, group="Ticket", checked=wanted.ticket == key)
                for key in tickets
            ]
        return items

    def _pick_filter(self, value: str) -> None:
        kind, _, rest = value.partition(":")
        wanted = self._filter
        match kind:
            case "origin":
                origin: Literal["all", "created"] = "created" if rest == "created" else "all"
                wanted.origin, wanted.archived = origin, False
            case "archived":
                wanted.origin, wanted.archived = "all", True
            case "children":
                wanted.children = not wanted.children
            case "directory":
                wanted.directory = rest or None
            case "ticket":
                wanted.ticket = rest or None
        self._replace()

    def _draw_chips(self) -> None:
        wanted = self._filter
        chips = [
            ("Archived", "origin:all") if wanted.archived else None,
            ("Subagents, too", "children:") if wanted.children else None,
            ("Created here", "origin:all") if wanted.origin == "created" else None,
            (PurePosixPath(wanted.directory).name, "directory:") if wanted.directory else None,
            (wanted.ticket, "ticket:") if wanted.ticket else None,
        ]
        wanted_chips = [chip for chip in chips if chip is not None]
        if wanted_chips == self._drawn_chips:
            return  # most often: each key of a search comes here
        self._drawn_chips = wanted_chips
        self._chips.clear()
        with self._chips:
            for text, undo in wanted_chips:
                button = ActionButton(
                    str(text), icon="close", kind="plain", on_click=lambda undo=undo: self._pick_filter(undo)
                )
                button.props["aria-label"] = f"Do not filter by {text}"
                button.classes("filter-chip")


def _as_javascript(wanted: ListFilter) -> str:
    """The filter's JSON as a JavaScript string."""
    return json.dumps(json.dumps(asdict(wanted)))
