"""One message on the page, in a component of its own: what changes in it redraws nothing beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nicegui import ui

from sprintagen.opencode.models import AssistantMessage, TextPart, UserMessage
from sprintagen.services.message_view import is_whole
from sprintagen.services.review_comments import told
from sprintagen.ui.chats.failure import draw_failure
from sprintagen.ui.chats.message_foot import ANSWER, LAST_ANSWER, PROMPT, MessageFoot
from sprintagen.ui.chats.parts.base import name_part
from sprintagen.ui.chats.parts.registry import draw_part
from sprintagen.ui.chats.told_comments import draw_comments
from sprintagen.ui.chats.turn_changes import FileChange, draw_changes
from sprintagen.ui.kit.action_button import ActionButton
from sprintagen.ui.kit.icons import Icon
from sprintagen.ui.kit.region import Region
from sprintagen.ui.kit.streaming_markdown import well_formed

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.opencode.ids import MessageID, PartID
    from sprintagen.opencode.models import Part
    from sprintagen.services.session_view import MessageView, SessionView
    from sprintagen.ui.chats.message_foot import MessageAct
    from sprintagen.ui.chats.parts.base import PartElement
    from sprintagen.ui.chats.tools.base import RenderContext

SHOWN_AT_ONCE = 6000
"""Characters of a person's message that are sent to the browser before somebody asks for the rest."""


class MessageElement:
    """One message.

    Args:
        view: The message.
        context: What its parts may look at; its own.
        on_act: What a person does with it; None: it is only looked at.
    """

    def __init__(
        self, view: MessageView, context: RenderContext, on_act: Callable[[MessageAct, MessageID], Any] | None = None
    ) -> None:
        self.view = view
        self._context = context
        self._on_act = on_act
        self._is_last = False
        self.parts: dict[PartID, PartElement | None] = {}
        self._failure: str | None = None
        self._is_interrupted = False
        self._facts_text: tuple[str, ...] | None = None
        self._changes: tuple[FileChange, ...] = ()
        role = view.info.role if isinstance(view.info, UserMessage | AssistantMessage) else "other"
        self.element = Region("message", tag="article").mark("message", role)
        self.element.props["data-testid"] = "message"
        self.element.props["data-role"] = role
        self.element.props["data-message-id"] = view.info.id
        self.element.props["aria-label"] = {"user": "You", "assistant": "Agent"}.get(role, "Message")
        with self.element:
            self._body = Region("message__parts")
            self._foot = Region("message__foot")
        self._is_user = role == "user"
        self.update(view)

    def update(self, view: MessageView) -> None:
        """The message's info or its set of parts changed."""
        self.view = view
        self.show_end()
        self._sync_parts()

    def move(self, view: SessionView) -> None:
        """The message is the same and lies in another view now."""
        self._context.view = view

    def update_part(self, part_id: PartID) -> None:
        """One part changed, appeared, or went."""
        element = self.parts.get(part_id)
        view = self.view.parts.get(part_id)
        if view is None or part_id not in self.parts:
            self._sync_parts()
        elif self._is_user and isinstance(view.part, TextPart):
            self._redraw()
        elif element is not None:
            element.update(view)
        elif view.part.type == "text":  # drawn only once it is known not to be synthetic
            self._redraw()

    def show_facts(
        self, facts: tuple[str, ...], changes: tuple[FileChange, ...] = (), *, is_last: bool = False
    ) -> None:
        """The soft line under a finished turn, and what it changed; empty: none (yet).

        Args:
            facts: What is said of the turn.
            changes: The files it changed.
            is_last: No other turn follows it: it can be asked for again.
        """
        if self._is_user or (facts, changes, is_last) == (self._facts_text, self._changes, self._is_last):
            return
        self._facts_text, self._changes, self._is_last = facts, changes, is_last
        self._draw_foot()

    def show_end(self) -> None:
        """How the message ended, which its session may know before the message does: failed, stopped, interrupted."""
        info = self.view.info
        if not isinstance(info, AssistantMessage):
            return
        if info.error is not None or info.time.completed is not None or is_whole(info):
            self._is_interrupted = False
        elif not self._is_interrupted:  # what nobody goes on with will never be complete
            self._is_interrupted = not self._context.view.is_active or self._has_successor(info.id)
        self._show_failure(info)

    def _has_successor(self, message_id: MessageID) -> bool:
        """Whether the agent has begun a later message."""
        views = reversed(self._context.view.messages.values())
        newest = next((view.info.id for view in views if isinstance(view.info, AssistantMessage)), message_id)
        return newest != message_id

    def _sync_parts(self) -> None:
        known = list(self.parts)
        wanted = list(self.view.parts)
        if known == wanted[: len(known)]:
            with self._body:
                for part_id in wanted[len(known) :]:
                    self._add(part_id)
        else:
            self._redraw()

    def _redraw(self) -> None:
        self.parts.clear()
        self._body.clear()
        with self._body:
            for part_id in self.view.parts:
                self._add(part_id)

    def _add(self, part_id: PartID) -> None:
        view = self.view.parts[part_id]
        if self._is_user and isinstance(view.part, TextPart):
            if _is_said(view.part):
                self._draw_bubble(view.text, view.part)
                self._draw_person_foot()
            self.parts[part_id] = None
            return
        self.parts[part_id] = draw_part(view, self._context)

    def _draw_bubble(self, text: str, part: TextPart) -> None:
        bubble = Region("bubble")
        name_part(bubble, part)
        said, comments = told(text)
        shown = well_formed(said)
        with bubble:
            if len(shown) <= SHOWN_AT_ONCE:
                if shown:
                    ui.label(shown).classes("bubble__text")
                draw_comments(comments)
                return
            label = ui.label(shown[:SHOWN_AT_ONCE].rstrip() + "…").classes("bubble__text")

            def show_all() -> None:
                label.set_text(shown)
                more.delete()

            more = ActionButton(f"Show all {len(shown):,} characters", on_click=show_all)
            draw_comments(comments)

    def _draw_person_foot(self) -> None:
        """When it was said, and the way to copy it: seen while somebody points at the message."""
        if not isinstance(self.view.info, UserMessage):
            return
        text = "\n\n".join(view.text for view in self.view.parts.values() if _is_said(view.part))
        self._foot.clear()
        is_whole = len(text) <= SHOWN_AT_ONCE and not told(text)[1]
        with self._foot:
            MessageFoot(
                "user",
                at=self.view.info.time.created,
                whole=None if is_whole else text,
                acts=PROMPT,
                on_act=self._act_on(),
            )

    def _show_failure(self, info: AssistantMessage) -> None:
        key = (
            f"{info.error.name}{info.error.message}" if info.error else "interrupted" if self._is_interrupted else None
        )
        if key != self._failure:
            self._failure = key
            self._draw_foot()

    def _draw_foot(self) -> None:
        self._foot.clear()
        info = self.view.info
        with self._foot:
            if isinstance(info, AssistantMessage) and info.error is not None:
                if info.error.is_abort:
                    ui.label("Stopped").classes("message__stopped")
                else:
                    draw_failure(info.error)
            elif self._is_interrupted:
                self._draw_interrupted()
            if self._changes:
                draw_changes(self._changes, self._on_changes())
            if self._facts_text and isinstance(info, AssistantMessage):
                MessageFoot(
                    "assistant",
                    facts=self._facts_text,
                    at=info.time.completed,
                    acts=LAST_ANSWER if self._is_last else ANSWER,
                    on_act=self._act_on(),
                )

    def _on_changes(self) -> Callable[[], None] | None:
        """What shows the turn's changes beside the transcript."""
        info, show = self.view.info, self._context.show_changes
        if show is None or not isinstance(info, AssistantMessage) or info.parent_id is None:
            return None
        parent_id = info.parent_id
        return lambda: show(parent_id)

    def _act_on(self) -> Callable[[MessageAct], Any] | None:
        on_act = self._on_act
        return None if on_act is None else lambda act: on_act(act, self.view.info.id)

    def _draw_interrupted(self) -> None:
        with ui.element("div").classes("note message__interrupted") as note:
            note.props["data-testid"] = "interrupted"
            Icon("alert")
            ui.label("Interrupted")
            ui.label("The answer is not complete. Send a message to go on.").classes("message__stopped")


def _is_said(part: Part) -> bool:
    """Whether it is text of the person, not of opencode."""
    return isinstance(part, TextPart) and not part.synthetic and not part.ignored
