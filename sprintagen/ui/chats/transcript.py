"""The messages of one session on the page: elements by id, made, changed in place, and let go of again.

Only the newest messages are drawn at first, older ones when the reader comes near them. Text that streams goes
straight to the element of its part; everything else is compared with what is drawn.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from sprintagen.opencode.models import AssistantMessage
from sprintagen.ui.chats.message_view import MessageElement
from sprintagen.ui.chats.reading_runs import FoldedRun, find_runs, rows_of
from sprintagen.ui.chats.scroller import Scroller
from sprintagen.ui.chats.tail import Tail
from sprintagen.ui.chats.turn_changes import changes_of
from sprintagen.ui.chats.turn_facts import turn_facts
from sprintagen.ui.kit.region import Region

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.opencode.ids import MessageID, PartID
    from sprintagen.services.changes import PartAppended
    from sprintagen.services.session_view import SessionView
    from sprintagen.ui.chats.tail import TailActions
    from sprintagen.ui.chats.tools.base import RenderContext
    from sprintagen.ui.kit.streaming_markdown import Piece

AT_FIRST = 60
MORE = 40
AT_MOST = 160
"""More than that are drawn only while the reader is up there."""


class Transcript:
    """One open session.

    Args:
        view: What to draw; kept live by the services for as long as we hold it.
        context: What the parts may look at.
        actions: What the cards at the end can do.
        on_older: The reader comes near the first message there is in the view.
        model_name: The name for a provider id and a model id.
    """

    def __init__(
        self,
        view: SessionView,
        context: RenderContext,
        actions: TailActions,
        *,
        on_older: Callable[[], object],
        model_name: Callable[[str, str], str],
    ) -> None:
        self.view = view
        self._context = context
        self._on_older = on_older
        self._model_name = model_name
        self._follows = True
        self.messages: dict[MessageID, MessageElement] = {}
        self._runs: dict[PartID, FoldedRun] = {}
        self.scroller = Scroller(on_older=self._older, on_follow=self._follow)
        with self.scroller:
            self._top = Region("transcript__top")
            self._list = Region("transcript__messages")
            self.tail = Tail(view, actions)
        shown = list(view.messages)[-AT_FIRST:]
        with self._list:
            for message_id in shown:
                self.messages[message_id] = MessageElement(view.messages[message_id], context)
        for message_id in shown:
            self._show_facts(message_id)
        self.tail.update()
        self.fold_runs()

    # -- changes ------------------------------------------------------------------------------------------------------

    def append(self, change: PartAppended) -> Piece | None:
        """Text arrived; returns what has to be sent to the browser."""
        message = self.messages.get(change.message_id)
        element = message.parts.get(change.part_id) if message else None
        append = getattr(element, "append", None)
        if append is None:
            return None
        try:
            piece: Piece | None = append(change.at, change.delta)
        except ValueError:
            part = self.view.find_part(change.message_id, change.part_id)
            if element is not None and part is not None:
                element.update(part)
            return None
        return piece

    def update_message(self, message_id: MessageID) -> None:
        """A message is new, different or gone."""
        view = self.view.messages.get(message_id)
        element = self.messages.get(message_id)
        if view is None:
            if element is not None:
                del self.messages[message_id]
                element.element.delete()
        elif element is not None:
            element.update(view)
            self._show_facts(message_id)
        elif self._is_in_window(message_id):
            self._insert(message_id)
            self._trim()

    def update_part(self, message_id: MessageID, part_id: PartID) -> None:
        """A part is new, different or gone."""
        element = self.messages.get(message_id)
        if element is None:
            self.update_message(message_id)
        elif (view := self.view.messages.get(message_id)) is not None:
            element.view = view
            element.update_part(part_id)

    def update_all(self) -> None:
        """Anything may be different: draw what is."""
        for message_id in [id_ for id_ in self.messages if id_ not in self.view.messages]:
            self.update_message(message_id)
        first = next(iter(self.messages), None)
        ids = list(self.view.messages)
        start = ids.index(first) if first in self.view.messages else max(0, len(ids) - AT_FIRST)
        for message_id in ids[start:]:
            element = self.messages.get(message_id)
            if element is None:
                self._insert(message_id)
                continue
            view = self.view.messages[message_id]
            element.update(view)
            for part_id in view.parts:
                element.update_part(part_id)
            self._show_facts(message_id)
        self.tail.update()

    def update_state(self) -> None:
        """The session began or ended a turn, asks, or failed."""
        self.tail.update()
        for element in self.messages.values():
            element.show_end()
        last = next(reversed(self.messages), None)
        if last is not None:
            self._show_facts(last)

    def update_facts(self) -> None:
        """Names of models are known now."""
        for message_id in self.messages:
            self._show_facts(message_id)

    def fold_runs(self) -> None:
        """Runs of reading that are over become one line each."""
        drawn = (view for id_, view in self.view.messages.items() if id_ in self.messages)
        wanted = {run.parts[0][1]: run for run in find_runs(drawn, active=self.view.is_active)}
        for part_id, folded in list(self._runs.items()):
            if part_id in wanted and folded.is_still(rows_of(wanted[part_id], self.messages)):
                del wanted[part_id]
            else:
                self._runs.pop(part_id).undo()
        for part_id, run in wanted.items():
            if rows := rows_of(run, self.messages):
                self._runs[part_id] = FoldedRun(run, rows)

    def show_older(self) -> int:
        """Draw messages of the view that lie before the first drawn one; returns how many there were to draw."""
        first = next(iter(self.messages), None)
        ids = list(self.view.messages)
        end = ids.index(first) if first in self.view.messages else len(ids)
        older = ids[max(0, end - MORE) : end]
        drawn: dict[MessageID, MessageElement] = {}
        with self._list:
            for index, message_id in enumerate(older):
                drawn[message_id] = MessageElement(self.view.messages[message_id], self._context)
                drawn[message_id].element.move(target_index=index)
        self.messages = {**drawn, **self.messages}
        for message_id in older:
            self._show_facts(message_id)
        self.fold_runs()
        return len(older)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _is_in_window(self, message_id: MessageID) -> bool:
        """Whether the message belongs behind the first drawn one."""
        first = next(iter(self.messages), None)
        if first is None or first not in self.view.messages:
            return True
        ids = list(self.view.messages)
        return ids.index(message_id) > ids.index(first)

    def _insert(self, message_id: MessageID) -> None:
        order = [id_ for id_ in self.view.messages if id_ in self.messages or id_ == message_id]
        index = order.index(message_id)
        with self._list:
            element = MessageElement(self.view.messages[message_id], self._context)
        if index < len(order) - 1:
            element.element.move(target_index=index)
        self.messages[message_id] = element
        self.messages = {id_: self.messages[id_] for id_ in order}
        self._show_facts(message_id)
        if index:
            self._show_facts(order[index - 1])

    def _trim(self) -> None:
        if not self._follows or len(self.messages) <= AT_MOST:
            return
        for message_id in list(islice(self.messages, len(self.messages) - AT_FIRST)):
            self.messages.pop(message_id).element.delete()

    def _show_facts(self, message_id: MessageID) -> None:
        """Facts stand under the last step of a turn only."""
        view = self.view.messages.get(message_id)
        if view is None:
            return
        parent = view.info.parent_id if isinstance(view.info, AssistantMessage) else message_id
        steps = [
            (id_, other.info)
            for id_, other in self.view.messages.items()
            if isinstance(other.info, AssistantMessage) and other.info.parent_id == parent
        ]
        if not steps:
            return
        prompt = self.view.messages.get(parent) if parent else None
        last_id = steps[-1][0]
        newest = next(reversed(self.view.messages), None)
        for id_, _ in steps:
            element = self.messages.get(id_)
            if element is None:
                continue
            if id_ != last_id:
                element.show_facts(())
                continue
            facts = turn_facts(
                [info for _, info in steps],
                prompt.info if prompt else None,
                active=self.view.is_active and id_ == newest,
                model_name=self._model_name,
            )
            element.show_facts(facts, changes_of(prompt.info) if facts and prompt else ())

    def _older(self) -> None:
        if not self.show_older():
            self._on_older()

    def _follow(self, follows: bool) -> None:
        self._follows = follows
        if follows:
            self._trim()
