"""The messages of one session on the page: elements by id, made, changed in place, and let go of again.

A window of messages around the reader is drawn, at first the end. The browser says when the reader comes near one of
its ends and which messages are far away; those leave the page and the server. Text that streams goes straight to the
element of its part; everything else is compared with what is drawn.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sprintagen.opencode.models import AssistantMessage
from sprintagen.ui.chats import window
from sprintagen.ui.chats.message_view import MessageElement
from sprintagen.ui.chats.reading_runs import FoldedRun, find_runs, rows_of
from sprintagen.ui.chats.scroller import Scroller
from sprintagen.ui.chats.tail import Tail
from sprintagen.ui.chats.turn_feet import show_facts
from sprintagen.ui.kit.region import Region

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from sprintagen.opencode.ids import MessageID, PartID
    from sprintagen.services.reader import Reader
    from sprintagen.ui.chats.message_foot import MessageAct
    from sprintagen.ui.chats.scroller import Need
    from sprintagen.ui.chats.tail import TailActions
    from sprintagen.ui.chats.tools.base import RenderContext
    from sprintagen.ui.kit.streaming_markdown import Piece

NEAR = 50
"""Messages of the stretch that are not drawn yet, from which on the page before them is read ahead."""


class Transcript:
    """One open session.

    Args:
        reader: The reader's place in it.
        context: What the parts may look at.
        actions: What the cards at the end can do.
        read: Does some reading of older messages beside; what goes wrong is told to the person.
        model_name: The name for a provider id and a model id.
        on_act: What a person does with a message.
    """

    def __init__(
        self,
        reader: Reader,
        context: RenderContext,
        actions: TailActions,
        *,
        read: Callable[[Coroutine[Any, Any, object]], None],
        model_name: Callable[[str, str], str],
        on_act: Callable[[MessageAct, MessageID], Any],
    ) -> None:
        self.reader = reader
        reader.on_shed = self._move_messages
        self._on_act = on_act
        self.view = reader.view
        self._context = context
        self._read = read
        self._model_name = model_name
        self._follows = True
        self._seen: str | None = None
        """The last message there was when the reader left the end; None: they are at the end."""
        self._is_reading = False
        self._wanted: tuple[str, float] | None = None
        """Where to go once what is being read is there: message and offset."""
        self._end_is_away = False
        """The end was let go of: what comes is counted and not drawn."""
        self.messages: dict[MessageID, MessageElement] = {}
        """What is drawn, in order and without a hole."""
        self._runs: dict[PartID, FoldedRun] = {}
        self.scroller = Scroller(reader.view.session_id, on_move=self._move, on_follow=self._follow, on_go=self.go)
        with self.scroller:
            self._list = Region("transcript__messages")
            self.tail = Tail(self.view, actions)
        self.tail.update()
        self._draw_end()

    # -- changes ------------------------------------------------------------------------------------------------------

    def append(self, message_id: MessageID, part_id: PartID, at: int, text: str) -> Piece | None:
        """Text arrived at character `at` of a part; returns what has to be sent to the browser."""
        message = self.messages.get(message_id)
        element = message.parts.get(part_id) if message else None
        append = getattr(element, "append", None)
        if append is None:
            return None
        try:
            piece: Piece | None = append(at, text)
        except ValueError:
            part = self.view.find_part(message_id, part_id)
            if element is not None and part is not None:
                element.update(part)
            return None
        return piece

    def update_message(self, message_id: MessageID) -> None:
        """A message is new, different or gone."""
        view = self.reader.find(message_id)
        element = self.messages.get(message_id)
        if element is None:
            if view is not None and self._is_in_window(message_id):
                self._insert([message_id])
                self._trim()
            self._say_ends()
        elif view is None:
            prompt = self._begin_of(message_id)
            del self.messages[message_id]
            element.element.delete()
            self._show_facts([prompt, *list(self.messages)[-1:]])  # the foot of its turn stands under another step now
        else:
            element.update(view)
            self._show_facts([message_id])

    def update_part(self, message_id: MessageID, part_id: PartID) -> None:
        """A part is new, different or gone."""
        element = self.messages.get(message_id)
        if element is None:
            if message_id not in self.reader.messages:
                self.update_message(message_id)
        elif (view := self.reader.find(message_id)) is not None:
            element.view = view
            element.update_part(part_id)

    def update_all(self) -> None:
        """Anything may be different: draw what is."""
        if not self.reader.check():
            self._draw_end()
        stretch = self.reader.messages
        for message_id in [id_ for id_ in self.messages if id_ not in stretch]:
            self.messages.pop(message_id).element.delete()
        if not self.messages:
            self._draw_end()
        for message_id, element in self.messages.items():
            element.update(stretch[message_id])
            for part_id in element.view.parts:
                element.update_part(part_id)
        fresh = [id_ for id_ in stretch if id_ not in self.messages and self._is_in_window(id_)]
        self._insert(fresh)
        self._show_facts(self.messages)
        self._trim()
        self.tail.update()
        self._say_ends()

    def update_state(self) -> None:
        """The session began or ended a turn, asks, or failed."""
        self.tail.update()
        for element in self.messages.values():
            element.show_end()
        self._show_facts(list(self.messages)[-1:])

    def update_facts(self) -> None:
        """Names of models are known now."""
        self._show_facts(self.messages)

    def fold_runs(self) -> None:
        """Runs of reading that are over become one line each."""
        drawn = (element.view for element in self.messages.values())
        wanted = {run.parts[0][1]: run for run in find_runs(drawn, active=self.view.is_active and self._is_at_end)}
        for part_id, folded in list(self._runs.items()):
            if part_id in wanted and folded.is_still(rows_of(wanted[part_id], self.messages)):
                del wanted[part_id]
            else:
                self._runs.pop(part_id).undo()
        for part_id, run in wanted.items():
            if rows := rows_of(run, self.messages):
                self._runs[part_id] = FoldedRun(run, rows)

    # -- the window ---------------------------------------------------------------------------------------------------

    def go(self, message_id: str | None, offset: float) -> None:
        """Bring a message to the reader.

        Args:
            message_id: Which; None, or one that is not in the session: the end.
            offset: How far below the upper edge of the box its beginning shall be, in CSS pixels.
        """
        if message_id is None:
            self._wanted = None
            self.go_to_end()
        elif not self._begin(self._go(message_id, offset)):
            self._wanted = (message_id, offset)

    def go_to_end(self) -> None:
        """Bring the end to the reader."""
        if not self._is_at_end:
            self.reader.go_to_end()
            self._draw_end()
        self.scroller.place(None, 0)

    async def _go(self, message_id: str, offset: float) -> None:
        if not any(id_ == message_id for id_ in self.messages):
            self.scroller.hide()
        if message_id not in self.reader.messages:
            if not await self.reader.go_to(message_id):
                self.go_to_end()
                return
            self._clear()
        stretch = self.reader.messages
        wanted = next((id_ for id_ in stretch if id_ == message_id), None)
        if wanted is not None and wanted not in self.messages:
            self._clear()
            ids = list(stretch)
            at = ids.index(wanted)
            after = window.newest(ids[at:], stretch, window.STEP)
            self._insert([*reversed(window.newest(ids[:at][::-1], stretch, window.STEP // 2)), *after])
            self.fold_runs()
        self._say_ends()
        self.scroller.place(wanted, offset)

    def _draw_end(self) -> None:
        self._clear()
        stretch = self.reader.messages
        self._insert(reversed(window.newest(reversed(stretch), stretch, window.FIRST)))
        self._seen = None
        self.fold_runs()
        self._say_ends()
        if not stretch and self.reader.has_older:  # everything that is in memory is undone
            self._begin(self._read_what_is_left())

    async def _read_what_is_left(self) -> None:
        while not self.reader.messages and await self.reader.read_older():
            pass
        if self.reader.messages:
            self._draw_end()

    def _clear(self) -> None:
        self._runs.clear()
        self.messages.clear()
        if not self._list.is_deleted:
            self._list.clear()

    @property
    def _is_at_end(self) -> bool:
        """Whether the window reaches the live end."""
        last = next(reversed(self.messages), None)
        return self.reader.reaches_end and last == next(reversed(self.reader.messages), None)

    def _is_in_window(self, message_id: MessageID) -> bool:
        """Whether a message that is not drawn belongs between those which are, or follows the end with the reader."""
        if not self.messages:
            return self.reader.reaches_end
        ids = list(self.reader.messages)
        if message_id not in ids:
            return False
        at = ids.index(message_id)
        first, last = ids.index(next(iter(self.messages))), ids.index(next(reversed(self.messages)))
        return first < at and (at < last or (self.reader.reaches_end and not self._end_is_away))

    def _move(self, need: Need) -> None:
        """The reader comes near an end of what is drawn, or far from some of it."""
        if self._is_reading:
            return
        ids = list(self.messages)
        first, last = (next((n for n, id_ in enumerate(ids) if id_ == side), None) for side in (need.first, need.last))
        if first is not None and last is not None and first <= last:
            self._drop(ids[:first])
            if ids[last + 1 :]:
                self._drop(ids[last + 1 :])
                self._end_is_away = True
            self.reader.keep(ids[first], ids[last])
        if need.older and self._extend(is_older=True):
            self._begin(self._read_and_draw(is_older=True))
        elif need.newer and self._extend(is_older=False):
            self._begin(self._read_and_draw(is_older=False))
        else:
            self.fold_runs()
            self._say_ends()

    def _extend(self, *, is_older: bool) -> bool:
        """Draw what follows in the stretch; returns whether it has to be read first."""
        stretch = self.reader.messages
        ids = list(stretch)
        if not self.messages:
            return False
        if is_older:
            at = ids.index(next(iter(self.messages)))
            wanted = list(reversed(window.newest(ids[:at][::-1], stretch, window.STEP)))
        else:
            at = ids.index(next(reversed(self.messages))) + 1
            wanted = window.newest(ids[at:], stretch, window.STEP)
        self._insert(wanted)
        if is_older and at < NEAR and self.reader.has_older:
            self._read(self.reader.prefetch_older())
        return not wanted and (self.reader.has_older if is_older else self.reader.has_newer)

    async def _read_and_draw(self, *, is_older: bool) -> None:
        reader = self.reader
        if not await (reader.read_older() if is_older else reader.read_newer()):
            return
        if self.messages and next(iter(self.messages)) in reader.messages:
            self._extend(is_older=is_older)
        else:
            self._draw_end()

    def _begin(self, work: Coroutine[Any, Any, object]) -> bool:
        """Read, one thing at a time; the browser hears of the ends when it is done, whatever came of it."""
        if self._is_reading:
            work.close()
            return False
        self._is_reading = True

        async def run() -> None:
            try:
                await work
            finally:
                self._is_reading = False
                self.fold_runs()
                self._say_ends()
                wanted, self._wanted = self._wanted, None
                if wanted is not None:
                    self.go(*wanted)

        self._read(run())
        return True

    def _insert(self, ids: Iterable[MessageID]) -> None:
        """Draw messages of the stretch where they belong."""
        if self._list.is_deleted:  # the reader opened another session meanwhile
            return
        stretch = self.reader.messages
        fresh: list[MessageID] = []
        for message_id in ids:
            context = replace(self._context, view=self.reader.view_of(message_id))
            with self._list:
                self.messages[message_id] = MessageElement(stretch[message_id], context, self._on_act)
            fresh.append(message_id)
        if not fresh:
            return
        order = [id_ for id_ in stretch if id_ in self.messages]
        if order != list(self.messages):
            self.messages = {id_: self.messages[id_] for id_ in order}
            places = {self.messages[id_].element.id: n for n, id_ in enumerate(order)}
            self._list.default_slot.children.sort(key=lambda element: places.get(element.id, 0))
            self._list.update()
        if self.reader.reaches_end and order[-1] == next(reversed(stretch)):
            self._end_is_away = False
        before = order.index(fresh[0]) - 1
        self._show_facts([*order[max(0, before) : before + 1], *fresh])

    def _move_messages(self) -> None:
        """The live end has become shorter. What is drawn stays; pages in which nothing is drawn need not be held."""
        first, last = next(iter(self.messages), None), next(reversed(self.messages), None)
        if (
            first is None
            or last is None
            or self._begin_of(first) in self.view.messages
            or (self._follows and last not in self.view.messages)
        ):
            self.reader.go_to_end()
        else:
            self.reader.keep(first, last)
        for message_id, element in self.messages.items():
            element.move(self.reader.view_of(message_id))

    def _begin_of(self, message_id: MessageID) -> MessageID:
        """The prompt of the turn a drawn message belongs to: what stands at the turn's foot is told from it, too."""
        info = self.messages[message_id].view.info
        return (info.parent_id if isinstance(info, AssistantMessage) else None) or message_id

    def _drop(self, ids: Iterable[MessageID]) -> None:
        for message_id in ids:
            self.messages.pop(message_id).element.delete()

    def _trim(self) -> None:
        """A window nobody looks at says nothing: let go of the beginning when far too much has come."""
        if not self._follows or len(self.messages) < 40:
            return
        views = {id_: element.view for id_, element in self.messages.items()}
        kept = window.newest(reversed(views), views, window.MOST)
        if len(kept) < len(views):
            kept = window.newest(reversed(views), views, window.MOST // 3)
            self._drop([id_ for id_ in views if id_ not in set(kept)])
            self._say_ends()

    def _say_ends(self) -> None:
        stretch = self.reader.messages
        first, last = next(iter(self.messages), None), next(reversed(self.messages), None)
        self.scroller.say_ends(
            older=self.reader.has_older or first != next(iter(stretch), None),
            newer=self.reader.has_newer or last != next(reversed(stretch), None),
            fresh=self._unseen(),
        )

    def _unseen(self) -> int:
        """How many messages came since the reader left the end."""
        if self._seen is None:
            return 0
        ids: list[str] = list(self.view.messages)
        if self._seen in ids:
            return len(ids) - 1 - ids.index(self._seen)
        place = self.reader.history.index.place_of(self._seen)  # it has fallen out of the live end
        return self.reader.history.index.count() - 1 - place if place is not None else 0

    def _follow(self, follows: bool, last: str) -> None:
        self._follows = follows
        if follows:
            self._seen = None
            self._trim()
        else:
            self._seen = last if self._is_at_end else next(reversed(self.view.messages), None)
            self._say_ends()

    def _show_facts(self, ids: Iterable[MessageID]) -> None:
        """Facts stand under the last step of a turn only."""
        reader = self.reader
        show_facts(
            ids,
            reader.messages,
            self.messages,
            reaches_end=reader.reaches_end,
            active=self.view.is_active,
            model_name=self._model_name,
        )
