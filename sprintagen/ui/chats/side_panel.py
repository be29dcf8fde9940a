"""`SidePanel`: the page's third column, opened on demand, with a tab for each panel; it remembers how it was left.

A panel is drawn when it is first shown. While it is not seen, nothing is drawn or sent for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nicegui import ui

from sprintagen.ui.kit.action_button import ActionButton
from sprintagen.ui.kit.pane_divider import PaneDivider
from sprintagen.ui.kit.region import Region

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sprintagen.opencode.ids import SessionID
    from sprintagen.ui.page_context import PageContext

WIDTH = 420
WIDTHS = (280, 900)
VARIABLE = "side-width"
KEPT = "chats.side"
KEPT_WIDTH = "chats.side_width"


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel.

    Attributes:
        id: What it is remembered by.
        label: What people read.
        icon: Of its button in the chat's header.
        key: The letter that, with Alt, opens it and closes it again.
        build: Draws it, once, in the slot it is called in, right before it is first shown.
        show: It is seen now, or the open session is another one while it is; None: there is no session yet.
        hide: It is seen no more, until `show`; nothing should be sent for it meanwhile.
    """

    id: str
    label: str
    icon: str
    key: str
    build: Callable[[], None]
    show: Callable[[SessionID | None], None]
    hide: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Kept:
    """How a person left the column."""

    tab: str = ""
    """The panel last seen; empty: none yet."""
    is_open: bool = False
    width: int = WIDTH

    @classmethod
    async def recall(cls, page: PageContext) -> Kept:
        """What the person chose before."""
        kept, width = await page.recall(KEPT), await page.recall(KEPT_WIDTH)
        tab = kept.get("tab") if isinstance(kept, dict) else None
        return cls(
            tab if isinstance(tab, str) else "",
            isinstance(kept, dict) and kept.get("open") is True,
            width if isinstance(width, int) and WIDTHS[0] <= width <= WIDTHS[1] else WIDTH,
        )


class SidePanel:
    """The column, drawn where we are, with the line that sets its width before it.

    Args:
        page: The page it is on.
        panels: In the order of their tabs.
        kept: How the person left it.
        buttons: Where the buttons that open the panels go.
    """

    def __init__(self, page: PageContext, panels: Sequence[Panel], kept: Kept, *, buttons: ui.element) -> None:
        self._page = page
        self._panels = {panel.id: panel for panel in panels}
        self._last = kept.tab if kept.tab in self._panels else next(iter(self._panels), "")
        self._tab = self._last if kept.is_open else ""
        """The panel that is open; empty: none."""
        self._shown = ""
        """The panel that was told so last."""
        self.is_narrow = False
        """Whether it is a sheet over the chat when it is open."""
        self._session_id: SessionID | None = None
        self._bodies: dict[str, Region] = {}
        self._buttons: dict[str, ActionButton] = {}
        PaneDivider(
            "Width of the side panel",
            variable=f"--{VARIABLE}",
            width=kept.width,
            initial=WIDTH,
            limits=WIDTHS,
            side="after",
            on_moved=lambda pixels: page.spawn(page.remember(KEPT_WIDTH, pixels), "remember the width"),
            testid="side-splitter",
        )
        self._frame = SideFrame(
            panels, self._tab, on_pick=self.open, on_shut=self.close, on_begin=self._begin, on_size=self._resize
        )
        with buttons:
            for panel in panels:
                self._draw_button(panel)
        self._mark()

    @property
    def ids(self) -> frozenset[str]:
        """The panels there are."""
        return frozenset(self._panels)

    def open(self, panel_id: str) -> None:
        """Show a panel."""
        if panel_id not in self._panels:
            return
        self._tab = self._last = panel_id
        self._show()
        self._remember()

    def close(self) -> None:
        """Show none."""
        self._tab = ""
        self._show()
        self._remember()

    def toggle(self, panel_id: str) -> None:
        """Show a panel, or none if it is seen already."""
        if self._tab == panel_id:
            self.close()
        else:
            self.open(panel_id)

    def select(self, session_id: SessionID | None) -> None:
        """This session is open now, or none."""
        if session_id == self._session_id:
            return
        self._session_id = session_id
        if self._shown:
            self._panels[self._shown].show(session_id)

    def _show(self) -> None:
        """Bring what is seen in line with the tab."""
        before, self._shown = self._shown, self._tab
        if before == self._shown:
            return
        if before:
            self._panels[before].hide()
            self._bodies[before].set_visibility(False)
        self._mark()
        if not self._shown:
            return
        panel = self._panels[self._shown]
        if self._shown not in self._bodies:
            with self._frame, _body(panel) as self._bodies[self._shown]:
                panel.build()
        self._bodies[self._shown].set_visibility(True)
        panel.show(self._session_id)

    def _mark(self) -> None:
        self._frame.show(self._tab)
        for panel_id, button in self._buttons.items():
            button.props["aria-pressed"] = "true" if panel_id == self._tab else "false"
            button.classes("btn--last") if panel_id == self._last else button.classes(remove="btn--last")

    def _begin(self, is_narrow: bool) -> None:
        """The browser is there. What is only remembered to be open becomes no sheet over the chat."""
        self._resize(is_narrow, bool(self._shown))

    def _resize(self, is_narrow: bool, is_used: bool) -> None:
        """The window is narrow now, or wide; nobody asked for a sheet over the chat who is not in it."""
        self.is_narrow = is_narrow
        if is_narrow and not is_used:
            self._tab = ""
        self._show()
        self._mark()

    def _remember(self) -> None:
        if self.is_narrow:
            return  # a sheet is open for a moment
        kept = {"tab": self._last, "open": bool(self._tab)}
        self._page.spawn(self._page.remember(KEPT, kept), "remember the side panel")

    def _draw_button(self, panel: Panel) -> None:
        button = self._buttons[panel.id] = ActionButton(
            panel.label,
            icon=panel.icon,
            icon_only=True,
            on_click=lambda: self.toggle(panel.id),
            testid=f"open-{panel.id}",
        )
        button.props["title"] = f"{panel.label} (Alt+{panel.key})"


class SideFrame(ui.element, component="side_panel.js", dependencies=["../kit/places.js"]):
    """The column's frame in the browser.

    Args:
        panels: In the order of their tabs.
        tab: The one that is open; empty: none.
        on_pick: A tab was chosen.
        on_shut: The person wants it closed.
        on_begin: The browser is there; called with whether its window is narrow.
        on_size: Called with whether the window is narrow, and whether the person is in the column just now.
    """

    def __init__(
        self,
        panels: Sequence[Panel],
        tab: str,
        *,
        on_pick: Callable[[str], None],
        on_shut: Callable[[], None],
        on_begin: Callable[[bool], None],
        on_size: Callable[[bool, bool], None],
    ) -> None:
        super().__init__()
        self._props["panels"] = [{"id": panel.id, "label": panel.label, "key": panel.key} for panel in panels]
        self._props["tab"] = tab
        self.mark("side")
        self.on("pick", lambda event: on_pick(event.args if isinstance(event.args, str) else ""))
        self.on("shut", on_shut, args=[])
        self.on("begin", lambda event: on_begin(event.args is True))
        self.on("size", lambda event: on_size(_flag(event.args, "narrow"), _flag(event.args, "keep")))

    def show(self, tab: str) -> None:
        """Open with this tab, or close."""
        self._props["tab"] = tab


def _body(panel: Panel) -> Region:
    body = Region("side__panel")
    body.props["role"] = "tabpanel"
    body.props["id"] = f"side-{panel.id}"
    body.props["aria-labelledby"] = f"side-tab-{panel.id}"
    return body


def _flag(args: Any, name: str) -> bool:
    return isinstance(args, dict) and args.get(name) is True
