"""`UsageMeter`: how full the context is and what the session cost, and behind a click every number there is to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from nicegui import ui

from sprintagen.services import usage
from sprintagen.ui.chats.turn_facts import cost_words, count_words
from sprintagen.ui.kit.region import Region

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sprintagen.services.session_store import SessionStore
    from sprintagen.services.session_view import SessionView
    from sprintagen.services.usage import SessionUsage, Spent, TurnUsage

KINDS = (
    ("Input", "input"),
    ("Output", "output"),
    ("Reasoning", "reasoning"),
    ("From the cache", "cache_read"),
    ("Into the cache", "cache_write"),
)


TURNS = 20
"""Turns that are listed one by one."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the panel shows."""

    usage: SessionUsage
    turns: Sequence[TurnUsage]
    """The newest first."""


def numbers_of(store: SessionStore, view: SessionView | None) -> Numbers | None:
    """What a session that is open used; None: none is."""
    if view is None:
        return None
    return Numbers(usage.of_session(store, view.session_id), usage.of_turns(view, TURNS))


class UsageMeter(ui.element, component="usage_meter.js", dependencies=["../kit/places.js"]):
    """The button and its panel. The numbers exist only while the panel is open.

    Args:
        numbers: What there is to show now.
        on_session: Show this session.
        on_message: Bring this message to the reader.
    """

    def __init__(
        self,
        numbers: Callable[[], Numbers | None],
        *,
        on_session: Callable[[str], Any],
        on_message: Callable[[str], Any],
    ) -> None:
        super().__init__()
        self._numbers = numbers
        self._on_session = on_session
        self._on_message = on_message
        self._is_open = False
        self._shown: tuple[float, int, float] | None = None
        with self:
            self._box = Region("usage__box")
        self.on("open", self._open)

    def update_use(self, used: float, context: int, cost: float) -> None:
        """Show these.

        Args:
            used: Tokens in the model's context.
            context: How many it takes; 0: not known.
            cost: Of the session, US dollars.
        """
        if (used, context, cost) == self._shown:
            return
        self._shown = (used, context, cost)
        share = min(1.0, used / context) if context else -1
        words = [f"{share:.0%}" if context else f"{count_words(used)} tokens" if used else "", cost_words(cost)]
        limit = f" of {count_words(context)}" if context else ""
        name = f"Context: {count_words(used)}{limit} tokens" + (f" · {cost_words(cost)}" if cost else "")
        self._props.update(name=name, share=round(share, 3), words=[word for word in words if word])
        self.set_visibility(bool(used or cost))
        if self._is_open:
            self._draw()

    def _open(self, event: Any) -> None:
        self._is_open = event.args is True
        if self._is_open:
            self._draw()
        else:
            self._box.clear()

    def _draw(self) -> None:
        numbers = self._numbers()
        self._box.clear()
        if numbers is None or self._shown is None:
            return
        used, context, _ = self._shown
        if numbers.usage.total.cost:
            self._box.classes("usage__box--priced")
        with self._box:
            _draw_context(used, context)
            _draw_kinds(numbers.usage)
            if numbers.usage.children:
                ui.label("Subagents").classes("usage__head")
                with ui.element("div").classes("usage__rows"):
                    for child in numbers.usage.children:
                        self._draw_row(
                            child.title or "Untitled",
                            child.spent,
                            partial(self._on_session, child.session_id),
                            depth=child.depth,
                        )
            if numbers.turns:
                ui.label("Last turns").classes("usage__head")
                with ui.element("div").classes("usage__rows"):
                    for turn in numbers.turns:
                        self._draw_row(
                            turn.text or "Without words",
                            turn.spent,
                            partial(self._on_message, turn.message_id),
                            share=turn.context / context if context else 0,
                        )
        self.run_method("settle")

    def _draw_row(
        self, title: str, spent: Spent, on_click: Callable[[], Any], *, depth: int = 1, share: float = 0
    ) -> None:
        row = ui.element("button").classes("usage__row").style(f"--depth:{depth - 1}" if depth > 1 else "")
        row.props["type"] = "button"
        row.props["title"] = kinds_words(spent)
        row.on("click", on_click, args=[])
        with row:
            ui.label(title).classes("usage__title")
            ui.label(f"{share:.0%}" if share else "").classes("usage__share")
            ui.label(count_words(spent.tokens)).classes("usage__count")
            ui.label(cost_words(spent.cost)).classes("usage__cost")


def kinds_words(spent: Spent) -> str:
    """The tokens by kind in one line, those that there are."""
    return " · ".join(
        f"{name} {count_words(count)}" for name, field in KINDS if (count := float(getattr(spent, field)))
    )


def _draw_context(used: float, context: int) -> None:
    ui.label("Context").classes("usage__head")
    if context:
        bar = ui.element("div").classes("usage__bar").style(f"--share:{min(1.0, used / context):.3f}")
        bar.props["aria-hidden"] = "true"
    words = f"{used:,.0f} of {context:,} tokens" if context else f"{used:,.0f} tokens"
    ui.label(words).classes("usage__words")


def _draw_kinds(used: SessionUsage) -> None:
    """A table: how many of each kind, and in all with those of subagents."""
    columns = {"This session": used.own}
    if used.children:
        columns["With subagents"] = used.total
    with ui.element("table").classes("usage__kinds"):
        _draw_line("Tokens", columns, "th")
        for name, field in KINDS:
            counts = [float(getattr(spent, field)) for spent in columns.values()]
            if any(counts):
                _draw_line(name, [f"{count:,.0f}" for count in counts], "td")
        if any(spent.cost for spent in columns.values()):
            _draw_line("Cost", [cost_words(spent.cost) for spent in columns.values()], "td")


def _draw_line(name: str, cells: Iterable[str], tag: str) -> None:
    with ui.element("tr"):
        with ui.element("th") as head:
            head.props["scope"] = "col" if tag == "th" else "row"
            ui.label(name)
        for cell in cells:
            with ui.element(tag).classes("usage__number") as box:
                if tag == "th":
                    box.props["scope"] = "col"
                ui.label(cell)
