"""`Section`: one heading of the settings page, whose inside is read when the page is there and again when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from sprintagen.ui import report
from sprintagen.ui.kit.action_button import ActionButton
from sprintagen.ui.kit.icons import Icon
from sprintagen.ui.kit.region import Region

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sprintagen.ui.page_context import PageContext


class Section:
    """A section.

    Args:
        page: The page it is on.
        title: Its heading.
        about: One sentence on what it is for.
        anchor: Its name in the address.
        read: Reads what it shows and returns what draws that.
    """

    def __init__(
        self,
        page: PageContext,
        title: str,
        about: str,
        *,
        anchor: str,
        read: Callable[[], Awaitable[Callable[[], None]]],
    ) -> None:
        self._page = page
        self._title = title
        self._read = read
        self.is_well = False
        """Whether it shows what was read."""
        with Region("section", tag="section") as box:
            box.props["id"] = anchor
            box.props["aria-label"] = title
            box.mark(f"section-{anchor}")
            with ui.element("h2").classes("section__title"):
                ui.label(title)
            ui.label(about).classes("section__about")
            self._body = Region("section__body")
            with self._body:
                ui.element("div").classes("bone")
                ui.element("div").classes("bone bone--short")

    async def load(self) -> None:
        """Read and draw; what goes wrong stands in the section, with a way to try again."""
        try:
            draw = await self._read()
        except Exception as error:  # told in the section itself
            words = report.describe(error, f"read: {self._title.lower()}")
            self.is_well = False
            self._draw(lambda: self._draw_error(words))
            return
        self.is_well = True
        self._draw(draw)

    def _draw(self, draw: Callable[[], None]) -> None:
        if self._page.client.is_deleted:
            return
        self._body.clear()
        with self._body:
            draw()

    def _draw_error(self, words: report.ErrorWords) -> None:
        with ui.element("div").classes("section__trouble"):
            Icon("alert")
            ui.label(f"{words.message} {words.hint}".strip())
        ActionButton("Try again", icon="refresh", kind="plain", on_click=self.load)


def draw_row(
    title: str,
    detail: str = "",
    *,
    state: str = "",
    tone: str = "",
    icon: str = "",
    testid: str = "",
    draw_detail: Callable[[], None] | None = None,
) -> ui.element:
    """One line of a section: what, a softer line below it, how it stands; use it as a context for its buttons.

    `draw_detail` draws the softer line where it is more than words.
    """
    with ui.element("div").classes("setting") as row:
        if testid:
            row.mark(testid)
            row.props["data-testid"] = testid
        if icon:
            Icon(icon)
        with ui.element("div").classes("setting__words"):
            ui.label(title).classes("setting__title")
            if detail:
                ui.label(detail).classes("setting__detail")
            if draw_detail is not None:
                with ui.element("div").classes("setting__detail"), ui.element("div").classes("setting__line"):
                    draw_detail()
        if state:
            with ui.element("span").classes("setting__state") as said:
                said.props["data-tone"] = tone
                ui.label(state)
        return ui.element("div").classes("setting__actions")


def draw_empty(words: str) -> None:
    """What stands where there is nothing."""
    ui.label(words).classes("section__empty")
