"""A line between a browser and a terminal: in order, never ahead of the browser, and back where it was."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from sprintagen.opencode import ServerUnreachable
from sprintagen.services import tasks, terminal_line
from sprintagen.services.terminal_line import Ending, Lost, Printed, Reached, TerminalLine, utf16_length
from tests.opencode.fake_pty import PTY, FakePtyServer, served
from tests.services.fakes import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sprintagen.opencode import OpencodeClient, PtyID

WINDOW = 1000


class Browser:
    """Keeps what it is told; draws it at once unless it is told to be `slow`."""

    def __init__(self) -> None:
        self.text = ""
        self.reached: list[Reached] = []
        self.lost: list[int] = []
        self.is_slow = False
        self.line: TerminalLine | None = None
        self.undrawn = 0
        self.most = 0

    async def take(self, printed: Printed) -> None:
        if isinstance(printed, Lost):
            self.lost.append(printed.units)
            return
        if isinstance(printed, Reached):
            self.reached.append(printed)
            return
        self.text += printed
        self.undrawn += utf16_length(printed)
        self.most = max(self.most, self.undrawn)
        if not self.is_slow:
            self.draw()

    def draw(self) -> None:
        assert self.line is not None
        units, self.undrawn = self.undrawn, 0
        self.line.drawn(units)


@asynccontextmanager
async def line_to(
    fake: FakePtyServer, browser: Browser, *, cursor: int = 0, code: int | None = 7
) -> AsyncIterator[asyncio.Task[Ending]]:
    async def ending_of(client: OpencodeClient, pty_id: PtyID) -> Ending | None:
        return None if fake.is_there else Ending(code)

    async with served(fake) as client:
        browser.line = TerminalLine(client, PTY, browser.take, ending_of, cursor=cursor)
        running = tasks.create(browser.line.run(), name="line")
        yield running
        await tasks.end(running)


@pytest.fixture(autouse=True)
def _small_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal_line, "WINDOW", WINDOW)
    monkeypatch.setattr(terminal_line, "LOW", WINDOW // 4)
    monkeypatch.setattr(terminal_line, "PAUSE", 0.01)


async def test_what_was_printed_comes_first_then_a_mark_then_what_is_printed() -> None:
    fake, browser = FakePtyServer(), Browser()
    fake.print("old ")
    async with line_to(fake, browser):
        await until(lambda: browser.reached)
        assert (browser.text, browser.reached) == ("old ", [Reached(4)])
        fake.print("new")
        await until(lambda: browser.text == "old new")


async def test_who_comes_back_with_a_cursor_gets_only_what_is_missing() -> None:
    fake, browser = FakePtyServer(), Browser()
    fake.print("seen unseen")
    async with line_to(fake, browser, cursor=5):
        await until(lambda: browser.reached)
        assert (browser.text, browser.reached) == ("unseen", [Reached(11)])


async def test_what_was_not_kept_is_counted_as_lost() -> None:
    fake, browser = FakePtyServer(kept=100), Browser()
    fake.print("x" * 250)
    async with line_to(fake, browser, cursor=50):
        await until(lambda: browser.reached)
        assert (len(browser.text), browser.lost, browser.reached) == (100, [100], [Reached(250)])


async def test_a_cursor_from_nowhere_does_no_harm() -> None:
    fake, browser = FakePtyServer(), Browser()
    fake.print("text")
    async with line_to(fake, browser, cursor=10**15):
        await until(lambda: browser.reached)
        assert browser.reached == [Reached(4)]
        fake.print(" more")
        await until(lambda: browser.text == " more")


async def test_a_browser_that_stops_drawing_gets_a_window_and_the_server_is_let_go() -> None:
    fake, browser = FakePtyServer(), Browser()
    browser.is_slow = True
    async with line_to(fake, browser):
        await until(lambda: browser.reached)
        for _ in range(40):
            fake.print("y" * 100)
            await asyncio.sleep(0.001)
        await until(lambda: not fake.attached)
        assert browser.undrawn == WINDOW
        assert fake.waiting == 0


async def test_a_browser_that_draws_on_gets_everything_once_and_in_order() -> None:
    fake, browser = FakePtyServer(kept=100_000), Browser()
    browser.is_slow = True
    async with line_to(fake, browser):
        await until(lambda: browser.reached)
        pieces = [f"{number},é🙂 " for number in range(600)]
        for number, piece in enumerate(pieces):
            fake.print(piece)
            if number % 50 == 0:
                await asyncio.sleep(0.02)

        def is_all_there() -> bool:
            browser.draw()
            return len(browser.text) >= len("".join(pieces))

        await until(is_all_there)
        assert browser.text == "".join(pieces)
        assert len(fake.cursors) > 1


async def test_a_flood_never_gets_ahead_of_the_browser_and_is_told_as_lost() -> None:
    fake, browser = FakePtyServer(kept=5000), Browser()
    browser.is_slow = True
    async with line_to(fake, browser):
        await until(lambda: browser.reached)
        for _ in range(200):
            fake.print("y" * 1000)
            if browser.undrawn >= WINDOW:
                browser.draw()
            await asyncio.sleep(0.001)
        printed = fake.cursor

        def is_caught_up() -> bool:
            browser.draw()
            return browser.reached[-1].cursor == printed

        await until(is_caught_up)
        assert browser.most <= 2 * WINDOW
        assert browser.lost
        assert len(browser.text) + sum(browser.lost) == printed


async def test_a_long_replay_is_told_at_the_browsers_pace_with_the_server_let_go() -> None:
    fake, browser = FakePtyServer(kept=10_000), Browser()
    browser.is_slow = True
    fake.print("z" * 10_000)
    async with line_to(fake, browser):
        await until(lambda: browser.undrawn >= WINDOW)
        await until(lambda: not fake.attached)
        assert not browser.reached

        def all_there() -> bool:
            browser.draw()
            return len(browser.reached) > 1

        await until(all_there)
        assert len(browser.text) == 10_000
        assert browser.most <= 2 * WINDOW


async def test_what_is_typed_goes_out_though_the_browser_is_behind() -> None:
    fake, browser = FakePtyServer(), Browser()
    browser.is_slow = True
    async with line_to(fake, browser):
        await until(lambda: browser.reached)
        fake.print("y" * 2 * WINDOW)
        await until(lambda: not fake.attached)
        assert browser.line is not None
        await browser.line.type("\x03")
        assert fake.cursors[-1] == -1
        await until(lambda: fake.typed == ["\x03"])


async def test_of_many_sizes_the_last_one_counts() -> None:
    fake, browser = FakePtyServer(), Browser()
    async with line_to(fake, browser):
        await until(lambda: browser.reached)
        assert browser.line is not None
        for columns in range(40, 100):
            browser.line.resize(columns, 20)
        await until(lambda: fake.sizes and fake.sizes[-1] == {"cols": 99, "rows": 20})
        assert len(fake.sizes) < 5


async def test_an_end_says_with_which_code() -> None:
    fake, browser = FakePtyServer(), Browser()
    async with line_to(fake, browser) as running:
        await until(lambda: browser.reached)
        fake.print("bye")
        fake.end()
        assert await running == Ending(7)
        assert browser.text == "bye"


async def test_a_terminal_that_is_gone_has_ended() -> None:
    fake, browser = FakePtyServer(is_there=False), Browser()
    async with line_to(fake, browser, code=None) as running:
        assert await running == Ending(None)


async def test_a_connection_that_breaks_is_no_end() -> None:
    fake, browser = FakePtyServer(), Browser()
    async with line_to(fake, browser) as running:
        await until(lambda: browser.reached)
        await fake.drop()
        with pytest.raises(ServerUnreachable):
            await running


async def test_who_leaves_leaves_nothing_behind() -> None:
    fake, browser = FakePtyServer(), Browser()
    async with line_to(fake, browser) as running:
        await until(lambda: fake.attached)
        await tasks.end(running)
        await until(lambda: not fake.attached)
