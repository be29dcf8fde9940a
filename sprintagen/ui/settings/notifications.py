"""Notifications of the system: this browser's own business, so it draws how it stands itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from sprintagen.ui.settings.section import Section

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.ui.page_context import PageContext


class NotificationSwitch(ui.element, component="notification_switch.js"):
    """One row: whether this browser tells when something waits, and the button that asks for it."""


def notifications(page: PageContext) -> Section:
    """The section."""

    def draw() -> None:
        NotificationSwitch()

    async def read() -> Callable[[], None]:
        return draw

    return Section(
        page,
        "Notifications",
        "When a session needs you and you look elsewhere. Kept by this browser, for this browser.",
        anchor="notifications",
        read=read,
    )
