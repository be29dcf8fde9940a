"""What stands where a transcript would: the start of a chat, loading, a session that is not there (any more)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nicegui import ui

from sprintagen.ui.kit.action_button import ActionButton
from sprintagen.ui.kit.icons import Icon
from sprintagen.ui.kit.region import Region

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.services.about import AppInfo


def draw_start(about: AppInfo, on_suggestion: Callable[[str], Any]) -> Region:
    """An empty chat: what to do here, and things to try."""
    with Region("start") as box, ui.element("div").classes("start__inner"):
        ui.element("span").classes("brand__mark brand__mark--large")
        with ui.element("h1").classes("start__title"):
            ui.label("What should be done?")
        if about.demo:
            words = "This is the demo: a scripted model answers, everything else is real. Choose one of these, or type."
        elif about.suggestions:
            words = "Describe a task for the agent, or begin with one of these."
        else:
            words = "Describe a task for the agent. It reads and changes the project, and asks before anything risky."
        ui.label(words).classes("start__words")
        if about.suggestions:
            with ui.element("div").classes("suggestions"):
                for suggestion in about.suggestions:
                    chip = ui.element("button").classes("suggestion").mark("suggestion")
                    chip.props["type"] = "button"
                    chip.props["data-testid"] = "suggestion"
                    chip.on("click", lambda text=suggestion.text: on_suggestion(text), args=[])
                    with chip:
                        ui.label(suggestion.title).classes("suggestion__title")
                        if suggestion.text.strip() != suggestion.title.strip():
                            ui.label(suggestion.text).classes("suggestion__text")
    return box


def draw_loading() -> Region:
    """Grey lines where messages will be; seen only when it takes a moment."""
    with Region("loading") as box, ui.element("div").classes("loading__inner") as inner:
        inner.props["aria-label"] = "Loading the session"
        inner.props["role"] = "status"
        for kind in ("mine", "line", "line", "short", "mine", "line", "short"):
            ui.element("span").classes(f"bone bone--{kind}")
    return box


def draw_missing(
    title: str, reason: str, hint: str, *, on_new: Callable[[], Any], on_retry: Callable[[], Any] | None
) -> Region:
    """A session that cannot be shown: what happened, and the ways on."""
    with Region("missing") as box, ui.element("div").classes("missing__inner"):
        box.props["role"] = "alert"
        box.props["data-testid"] = "session-missing"
        box.mark("session-missing")
        Icon("info")
        with ui.element("h1").classes("start__title"):
            ui.label(title)
        ui.label(reason).classes("start__words")
        if hint:
            ui.label(hint).classes("start__words")
        with ui.element("div").classes("missing__actions"):
            if on_retry is not None:
                ActionButton("Try again", icon="refresh", kind="primary", on_click=on_retry)
            ActionButton("New session", icon="new", kind="plain" if on_retry else "primary", on_click=on_new)
    return box
