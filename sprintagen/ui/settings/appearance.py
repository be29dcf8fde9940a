"""How it looks to the person who looks, and which keys it listens to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from sprintagen.ui import theme
from sprintagen.ui.kit.action_button import ActionButton
from sprintagen.ui.settings.section import Section, draw_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.ui.page_context import PageContext


def appearance(page: PageContext) -> Section:
    """The section."""
    section: Section

    async def read() -> Callable[[], None]:
        look = await theme.recall_look(page.recall)
        return lambda: draw(look)

    def draw(look: theme.Look) -> None:
        ui.label("Theme").classes("section__part")
        for one, (words, icon) in theme.LABELS.items():
            draw_choice(look, look._replace(theme=one), words, icon, f"theme-{one}")
        ui.label("Density").classes("section__part")
        for other, (words, icon) in theme.DENSITY_LABELS.items():
            draw_choice(look, look._replace(density=other), words, icon, f"density-{other}")

        ui.label("Keys on the keyboard that give commands").classes("section__part")
        for third, (words, icon) in theme.KEYS_LABELS.items():
            draw_choice(look, look._replace(keys=third), words, icon, f"keys-{third}")

    def draw_choice(look: theme.Look, wanted: theme.Look, words: str, icon: str, testid: str) -> None:
        is_chosen = wanted == look
        with draw_row(words, icon=icon, state="In use" if is_chosen else "", tone="green"):
            if not is_chosen:
                use = ActionButton("Use", kind="plain", on_click=lambda: choose(wanted), testid=testid)
                use.props["aria-label"] = f"Use: {words}"

    async def choose(look: theme.Look) -> None:
        theme.switch_look(look)
        for name, value in look._asdict().items():
            await page.remember(name, value)
        await section.load()

    section = Section(page, "Appearance and keys", "Kept for you, on every device.", anchor="appearance", read=read)
    return section
