"""What a browser sees of what a page was told, over lines that swallow, break and come back at any moment."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nicegui import core

from sprintagen.ui.page_outbox import PageOutbox
from tests.services.fakes import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Sequence


class Label:
    """An element with a text."""

    component = None

    def __init__(self, id: int, text: str = "") -> None:
        self.id = id
        self.text = text

    def _to_dict(self) -> dict[str, Any]:
        return {"text": self.text}


class Browser:
    """Takes what is sent while a line leads to it, as NiceGUI's script does: by number, each once."""

    def __init__(self) -> None:
        self.next_id = 0
        self.texts: dict[int, str | None] = {}
        self.done: list[Any] = []
        self.has_line = False
        self.swallows = False
        self.loads_anew = False

    def hear(self, kind: str, data: dict[Any, Any]) -> None:
        number = data["_id"]
        if number < self.next_id:
            return
        assert number == self.next_id, "something is missing"
        self.next_id = number + 1
        if kind == "update":
            self.texts.update({id: value and value["text"] for id, value in data.items() if id != "_id"})
        elif "reload" in data.get("code", ""):
            self.loads_anew = True
        else:
            self.done.append(data["code"])


class Page:
    """As much of a client as an outbox asks for."""

    id = "page"
    page = SimpleNamespace(resolve_reconnect_timeout=lambda: 60.0)

    def __init__(self, line: Line) -> None:
        self.has_socket_connection = False
        self.run_javascript = line.run

    def check_existence(self) -> None:
        pass


class Line:
    """The page's outbox, and the line between it and a browser."""

    def __init__(self) -> None:
        self.browser = Browser()
        self.gate = asyncio.Event()
        self.gate.set()
        self.client = Page(self)
        self.outbox = PageOutbox(self.client)  # type: ignore[arg-type]
        self.labels: dict[int, Label] = {}
        self.said: list[str] = []

    async def emit(self, kind: str, data: dict[Any, Any], room: str) -> None:
        assert room == "page"
        listening = self.browser.has_line and not self.browser.swallows
        if listening:
            self.browser.hear(kind, dict(data))
        await asyncio.sleep(0)
        await self.gate.wait()

    def write(self, id: int, text: str) -> None:
        label = self.labels.setdefault(id, Label(id))
        label.text = text
        self.outbox.enqueue_update(label)  # type: ignore[arg-type]

    def run(self, code: str) -> None:
        if "reload" not in code:
            self.said.append(code)
        self.outbox.enqueue_message("run_javascript", {"code": code}, "page")

    def connect(self) -> None:
        self.browser.has_line, self.browser.swallows = True, False
        self.client.has_socket_connection = True
        self.outbox.try_rewind(self.browser.next_id)

    def break_off(self) -> None:
        """Both sides know."""
        self.browser.has_line = self.client.has_socket_connection = False

    async def settle(self) -> None:
        for _ in range(100):
            await asyncio.sleep(0)

    def is_true(self) -> bool:
        """Whether the browser shows what the page says."""
        return self.browser.texts == {id: label.text for id, label in self.labels.items()} and (
            self.browser.done == self.said
        )


@pytest.fixture
async def line(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    async for line in _line(monkeypatch):
        yield line


async def _line(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    monkeypatch.setattr("sprintagen.ui.page_outbox._ABSENT_SECONDS", 0)
    loops: list[Coroutine[Any, Any, None]] = []
    monkeypatch.setattr("nicegui.background_tasks.create_or_defer", lambda loop, name: loops.append(loop))
    line = Line()
    eio = SimpleNamespace(ping_interval=25, ping_timeout=20)
    monkeypatch.setattr(core, "sio", SimpleNamespace(emit=line.emit, eio=eio))
    monkeypatch.setattr(core.app.config, "message_history_length", 1000, raising=False)
    running = asyncio.create_task(loops[0])
    yield line
    line.gate.set()
    line.outbox.stop()
    await running


async def test_the_newer_state_wins_over_one_that_a_dead_line_swallowed(line: Line) -> None:
    line.connect()
    line.write(1, "first")
    await line.settle()
    line.browser.swallows = True
    line.write(1, "older")
    await line.settle()
    line.break_off()
    line.write(1, "newest")
    line.connect()
    await line.settle()
    assert line.browser.texts == {1: "newest"}


async def test_what_was_on_its_way_during_the_handshake_arrives(line: Line) -> None:
    line.connect()
    await line.settle()
    line.gate.clear()
    line.browser.has_line = False
    line.run("one")
    line.run("two")
    await line.settle()  # "one" is on its way to a socket that nobody holds any more
    line.connect()
    line.gate.set()
    await line.settle()
    assert line.browser.done == ["one", "two"]


async def test_what_was_missed_comes_before_the_rest_of_what_was_just_being_sent(line: Line) -> None:
    line.connect()
    line.browser.swallows = True
    line.run("missed")
    await line.settle()
    line.gate.clear()
    for code in ("one", "two", "three"):
        line.run(code)
    await line.settle()
    line.connect()
    line.gate.set()
    await line.settle()
    assert line.browser.done == ["missed", "one", "two", "three"]


async def test_what_a_browser_has_is_forgotten_and_what_was_not_sent_is_not(line: Line) -> None:
    line.connect()
    for number in range(5):
        line.run(str(number))
    await line.settle()
    line.break_off()
    line.outbox.prune_history(3)
    assert [number for number, _, _ in line.outbox.message_history] == [3, 4]
    line.outbox.prune_history(10**9)
    assert not line.outbox.message_history
    line.run("after")
    line.connect()
    await line.settle()
    assert line.is_true()


@pytest.mark.parametrize("wanted", [0, 10**12, -5])
async def test_a_page_loads_anew_when_what_it_asks_for_is_not_kept(line: Line, wanted: int) -> None:
    line.connect()
    for number in range(5):
        line.run(str(number))
    await line.settle()
    line.outbox.prune_history(3)
    line.break_off()
    line.browser.next_id = wanted
    line.connect()
    await line.settle()
    assert line.browser.loads_anew


async def test_what_cannot_be_sent_keeps_nothing_else_back(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Exception] = []
    monkeypatch.setattr(core.app, "handle_exception", told.append)
    line.connect()
    broken = Label(7)
    broken._to_dict = lambda: 1 / 0  # type: ignore[method-assign,assignment,return-value]
    line.outbox.enqueue_update(broken)  # type: ignore[arg-type]
    line.write(1, "whole")
    await line.settle()
    assert line.browser.texts == {1: "whole"}
    assert [type(error) for error in told] == [ZeroDivisionError]


async def test_no_more_is_kept_than_may_be_asked_for(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.app.config, "message_history_length", 10)
    line.connect()
    for number in range(50):
        line.run(str(number))
    await line.settle()
    assert len(line.outbox.message_history) == 10
    assert line.is_true()


STEPS: dict[str, Callable[[Line, int], object]] = {
    "write": lambda line, number: line.write(number % 3, f"text {number}"),
    "run": lambda line, number: line.run(f"code {number}"),
    "connect": lambda line, _: line.connect(),
    "swallow": lambda line, _: setattr(line.browser, "swallows", True),
    "break off": lambda line, _: line.break_off(),
    "stall": lambda line, _: line.gate.clear(),
    "flow": lambda line, _: line.gate.set(),
    "has heard": lambda line, _: line.outbox.prune_history(line.browser.next_id),
}


@given(st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 3)), max_size=40))
@settings(max_examples=150)
def test_after_any_faults_the_browser_shows_what_the_page_says(steps: Sequence[tuple[str, int]]) -> None:
    async def live() -> None:
        with pytest.MonkeyPatch.context() as monkeypatch:
            async for line in _line(monkeypatch):
                for number, (step, turns) in enumerate([("connect", 0), *steps]):
                    STEPS[step](line, number)
                    for _ in range(turns):
                        await asyncio.sleep(0)
                line.gate.set()
                line.connect()
                await until(line.is_true)

    asyncio.run(live())
