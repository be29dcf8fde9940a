"""How it looks to the person who looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.ui import theme
from sprintagen.ui.kit.action_button import ActionButton
from sprintagen.ui.settings.section import Section, draw_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.ui.page_context import PageContext
    from sprintagen.ui.theme import Theme


def appearance(page: PageContext) -> Section:
    """The section."""
    section: Section

    async def read() -> Callable[[], None]:
        chosen = theme.as_theme(await page.recall("theme"))
        return lambda: draw(chosen)

    def draw(chosen: Theme) -> None:
        for value, (words, icon) in theme.LABELS.items():
            is_chosen = value == chosen
            with draw_row(words, icon=icon, state="In use" if is_chosen else "", tone="green"):
                if not is_chosen:
                    ActionButton("Use", kind="plain", on_click=lambda v=value: choose(v), testid=f"theme-{value}")

    async def choose(value: Theme) -> None:
        theme.switch_theme(value)
        await page.remember("theme", value)
        await section.load()

    section = Section(page, "Appearance", "Kept for you, on every device.", anchor="appearance", read=read)
    return section
