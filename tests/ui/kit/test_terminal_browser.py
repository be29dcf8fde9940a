"""What a program wrote for a terminal, in the browser: parsed by `ansi.js`, drawn by `terminal.js`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.ui.canned import KINDS
from tests.ui.conftest import FakeServer, visit

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.browser

BASH = "/admin/gallery?only=bash"


async def parse(page: Page, *texts: str) -> list[Any]:
    found: list[Any] = await page.evaluate(
        "async (texts) => { const { parse } = await import('ansi'); return texts.map((text) => parse(text)); }",
        list(texts),
    )
    return found


async def test_colours_and_weights_are_kept_and_read_in_both_themes(page: Page, fake_server: FakeServer) -> None:
    await visit(page, fake_server.url + BASH)
    cases = {
        "\x1b[31mred\x1b[0m plain": [["red", "ansi--red"], [" plain", ""]],
        "\x1b[1;32mok\x1b[22m ok\x1b[39m.": [["ok", "ansi--green ansi--bold"], [" ok", "ansi--green"], [".", ""]],
        "\x1b[41;97mFAIL\x1b[m": [["FAIL", "ansi--on-red"]],
        "\x1b[7;33mx": [["x", "ansi--on-amber"]],
        "\x1b[38;5;208mo\x1b[38;2;90;120;255mb\x1b[38:5:244mg": [["o", "ansi--amber"], ["b", "ansi--blue"], ["g", ""]],
        "\x1b[97mwhite \x1b[30mblack": [["white black", ""]],
        "\x1b[90mgrey": [["grey", "ansi--faint"]],
        "\x1b[38;5mx\x1b[38;2mx\x1b[999;;;mx": [["xxx", ""]],
    }
    assert await parse(page, *cases) == [[line] for line in cases.values()]


async def test_a_line_written_again_shows_what_is_left_of_it(page: Page, fake_server: FakeServer) -> None:
    await visit(page, fake_server.url + BASH)
    cases = {
        "10%\r 55%\r100%\nnext": ["100%", "next"],
        "long line\rab": ["abng line"],
        "long line\r\x1b[Kab": ["ab"],
        "long line\x1b[2K\x1b[1Gab": ["ab"],
        "dos\r\nlines\r\n": ["dos", "lines"],
        "typo\b\bos": ["tyos"],
        "": [],
        "\n\n": ["", ""],
    }
    parsed = await parse(page, *cases)
    assert [["".join(text for text, _ in line) for line in lines] for lines in parsed] == list(cases.values())


async def test_other_sequences_neither_hide_nor_move_nor_name_anything(page: Page, fake_server: FakeServer) -> None:
    await visit(page, fake_server.url + BASH)
    hostile = [
        "\x1b]0;title\x07seen",
        "\x1b]8;;javascript:alert(1)\x1b\\seen\x1b]8;;\x1b\\",
        "\x1b[2J\x1b[1;1H\x1b[?25lseen",
        "\x1bP1$tx\x1b\\seen",
        "se\x00\x07\x9b\x85en",
        "\x1b[8mseen",
        "\x1b]0;never closed\nseen",
        "seen\x1b[3",
    ]
    for lines in await parse(page, *hostile):
        assert lines[-1] == [["seen", ""]]


async def test_a_megabyte_of_hostile_output_is_parsed_at_once(page: Page, fake_server: FakeServer) -> None:
    """Nothing in it takes time that grows faster than the text."""
    await visit(page, fake_server.url + BASH)
    page.set_default_timeout(20_000)
    for unit in ("\x1b", "\x1b[", "\x1b]", "\x1b[1;", "\r", "a\r", "\b", "\x1b[31ma"):
        assert len(await parse(page, unit * (1_000_000 // len(unit)))) == 1


async def test_long_output_is_cut_and_the_rest_a_click_away(page: Page, fake_server: FakeServer) -> None:
    await visit(page, fake_server.url + BASH)
    row = page.locator('[data-sample="long output"] .gallery__wide')
    more = row.get_by_role("button", name="Show all 2,399 lines")
    await expect(row.locator(".terminal__screen")).to_contain_text("built module_2399.o")
    await expect(row.locator(".terminal__screen")).not_to_contain_text("built module_1.o")
    await more.click()
    await expect(row.locator(".terminal__screen")).to_contain_text("built module_1.o")
    await expect(more).to_be_hidden()


async def test_output_grows_while_the_command_runs(page: Page, fake_server: FakeServer) -> None:
    await visit(page, f"{fake_server.url}/admin/chats/{KINDS}")
    row = page.locator('[data-tool="bash"][data-state="running"]')
    await row.get_by_role("button").first.click()
    screen = row.locator(".terminal__screen")
    await expect(screen).to_contain_text("tests/test_cart.py ....")
    await screen.evaluate("(element) => (window.kept = element)")
    fake_server.pull("grow_output", KINDS, "tests/test_cart.py ....\n\x1b[32m12 passed\x1b[0m 🎉\n")
    await expect(screen.locator(".ansi--green")).to_have_text("12 passed")
    fake_server.pull("grow_output", KINDS, "tests/test_cart.py ....\n\x1b[32m12 passed\x1b[0m 🎉\nbye\n")
    await expect(screen).to_contain_text("🎉\nbye")
    assert await screen.evaluate("(element) => element === window.kept"), "drawn anew instead of grown"
