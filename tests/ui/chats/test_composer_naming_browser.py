"""What a person puts into a message besides words: names, commands, shell lines, files, what was said before."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.ui.chats.test_composer_browser import COMPOSER, begin
from tests.ui.conftest import FakeServer

if TYPE_CHECKING:
    from playwright.async_api import FilePayload, Page, Route

pytestmark = pytest.mark.browser

LIST = "[data-testid=suggest]"
OPTION = f"{LIST} [role=option]"


def drafts(server: FakeServer, session: str) -> list[dict[str, Any]]:
    return [call[1] for call in server.calls("send") if call[0] == session]


async def accept_uploads(page: Page) -> None:
    """Stands in for the API, which the fake server does not have."""
    taken: list[int] = []

    async def answer(route: Route) -> None:
        if route.request.method == "POST":
            taken.append(1)
            await route.fulfill(status=201, json={"id": f"upload{len(taken)}", "size": 3})
        else:
            await route.fulfill(status=200, body=b"x")

    await page.route("**/api/opencode/uploads**", answer)


async def test_a_file_is_named_with_the_keyboard(page: Page, fake_server: FakeServer) -> None:
    session = await begin(page, fake_server, "name a file")
    await page.focus(COMPOSER)
    await page.keyboard.type("look at @car")
    await expect(page.locator(OPTION)).to_have_count(2)
    await expect(page.locator(COMPOSER)).to_have_attribute("aria-expanded", "true")
    await page.keyboard.press("ArrowDown")
    active = await page.get_attribute(COMPOSER, "aria-activedescendant")
    assert await page.get_attribute(f"#{active}", "aria-selected") == "true"
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(page.locator(COMPOSER)).to_have_value("look at @shop/cart.py ")
    await expect(page.locator("[data-testid=chips]")).to_contain_text("shop/cart.py")
    await page.keyboard.type("please")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".message[data-role=user]")
    [draft] = drafts(fake_server, session)
    assert draft["text"] == "look at @shop/cart.py please"
    assert draft["mentions"] == [{"kind": "file", "name": "shop/cart.py", "start": 8, "end": 21, "lines": None}]
    await expect(page.locator("[data-testid=chips]")).to_have_count(0)


async def test_escape_closes_the_list_and_enter_sends_what_was_typed(page: Page, fake_server: FakeServer) -> None:
    session = await begin(page, fake_server, "escape")
    await page.focus(COMPOSER)
    await page.keyboard.type("@shop")
    await expect(page.locator(OPTION).first).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator(LIST)).to_be_hidden()
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".message[data-role=user]")
    assert [(draft["text"], draft["mentions"]) for draft in drafts(fake_server, session)] == [("@shop", [])]


async def test_agents_and_folders_are_named_with_a_tap_and_taken_out_again(page: Page, fake_server: FakeServer) -> None:
    session = await begin(page, fake_server, "tap")
    await page.focus(COMPOSER)
    await page.keyboard.type("@expl")
    await page.click(f"{OPTION} >> text=@explore")
    await page.keyboard.type("@tests")
    await page.locator(OPTION).first.click()
    await expect(page.locator(COMPOSER)).to_have_value("@explore @tests/ ")
    await page.reload()
    await expect(page.locator(COMPOSER)).to_have_value("@explore @tests/ ")
    await page.click("[data-testid=chips] >> role=button[name='Take out tests']")
    await expect(page.locator(COMPOSER)).to_have_value("@explore ")
    await page.press(COMPOSER, "Enter")
    await page.wait_for_selector(".message[data-role=user]")
    [draft] = drafts(fake_server, session)
    assert [(mention["kind"], mention["name"]) for mention in draft["mentions"]] == [("agent", "explore")]


async def test_a_command_of_the_server_is_chosen_and_sent_as_one(page: Page, fake_server: FakeServer) -> None:
    session = await begin(page, fake_server, "command")
    await page.focus(COMPOSER)
    await page.keyboard.type("/")
    await expect(page.locator(OPTION)).to_have_count(9)
    await expect(page.locator(OPTION, has_text="/tickets")).to_contain_text("MCP")
    await page.keyboard.type("rev")
    await expect(page.locator(OPTION)).to_have_count(1)
    await page.keyboard.press("Tab")
    await page.keyboard.type("the basket")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".message[data-role=user]")
    assert [(draft["kind"], draft["text"]) for draft in drafts(fake_server, session)] == [
        ("command", "/review the basket")
    ]


async def test_a_slash_that_is_no_command_is_a_message(page: Page, fake_server: FakeServer) -> None:
    session = await begin(page, fake_server, "no command")
    await page.fill(COMPOSER, "/usr/bin is a path")
    await page.press(COMPOSER, "Enter")
    await page.wait_for_selector(".message[data-role=user]")
    assert [draft["kind"] for draft in drafts(fake_server, session)] == ["prompt"]


async def test_our_own_command_begins_a_new_session(page: Page, fake_server: FakeServer) -> None:
    session = await begin(page, fake_server, "own")
    await page.focus(COMPOSER)
    await page.keyboard.type("/ne")
    await expect(page.locator(OPTION).first).to_contain_text("/new")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/admin/chats")
    assert drafts(fake_server, session) == []


async def test_a_shell_line_says_what_it_is_before_it_is_sent(page: Page, fake_server: FakeServer) -> None:
    session = await begin(page, fake_server, "shell")
    mode = page.locator("[data-testid=shell-mode]")
    await page.fill(COMPOSER, "/review what `git diff` says!")
    await expect(mode).to_have_count(0)
    await page.fill(COMPOSER, "/review !`git diff`")
    await expect(mode).to_contain_text("asks nobody")
    await page.fill(COMPOSER, "!ls")
    await expect(mode).to_contain_text("Shell: runs in the project")
    await page.press(COMPOSER, "Enter")
    await page.wait_for_selector(".message[data-role=user]")
    assert [(draft["kind"], draft["text"]) for draft in drafts(fake_server, session)] == [("shell", "!ls")]


async def test_what_was_sent_comes_back_with_up_and_the_draft_with_down(page: Page, fake_server: FakeServer) -> None:
    await begin(page, fake_server, "past")
    for text in ("one", "two"):
        await page.fill(COMPOSER, text)
        await page.press(COMPOSER, "Enter")
        await expect(page.locator(COMPOSER)).to_have_value("")
    await page.fill(COMPOSER, "half")
    await page.press(COMPOSER, "Home")
    for key, text in (("ArrowUp", "two"), ("ArrowUp", "one"), ("ArrowDown", "two"), ("ArrowDown", "half")):
        await page.press(COMPOSER, key)
        await expect(page.locator(COMPOSER)).to_have_value(text)


async def test_up_inside_of_a_text_moves_the_caret(page: Page, fake_server: FakeServer) -> None:
    await begin(page, fake_server, "caret")
    await page.fill(COMPOSER, "first\nsecond")
    await page.press(COMPOSER, "ArrowUp")
    await expect(page.locator(COMPOSER)).to_have_value("first\nsecond")


async def test_files_are_picked_kept_through_a_reload_and_sent(page: Page, fake_server: FakeServer) -> None:
    session = await begin(page, fake_server, "attach")
    await accept_uploads(page)
    files: list[FilePayload] = [
        {"name": "a.png", "mimeType": "image/png", "buffer": b"\x89PNG\0"},
        {"name": "notes.md", "mimeType": "", "buffer": b"# Notes"},
    ]
    await page.set_input_files("[data-testid=file-input]", files)
    await expect(page.locator(".chip")).to_have_count(2)
    await expect(page.locator("[data-testid=composer-trouble]")).to_contain_text("takes no pictures")
    await page.reload()
    await expect(page.locator(".chip")).to_have_count(2)
    await page.press(COMPOSER, "Enter")
    await page.wait_for_selector(".message[data-role=user]")
    [draft] = drafts(fake_server, session)
    assert [file["filename"] for file in draft["files"]] == ["upload1.txt", "upload2.txt"]
    await expect(page.locator(".chip")).to_have_count(0)


async def test_a_picture_is_pasted_and_a_file_dropped(page: Page, fake_server: FakeServer) -> None:
    await begin(page, fake_server, "paste a picture")
    await accept_uploads(page)
    for kind, target in (("paste", COMPOSER), ("drop", ".composer")):
        await page.evaluate(
            """([kind, target]) => {
                const data = new DataTransfer();
                data.items.add(new File(["x"], `${kind}.txt`, { type: "text/plain" }));
                const init = { bubbles: true, cancelable: true, clipboardData: data, dataTransfer: data };
                const event = kind === "paste" ? new ClipboardEvent(kind, init) : new DragEvent(kind, init);
                document.querySelector(target).dispatchEvent(event);
            }""",
            [kind, target],
        )
        await expect(page.locator(".chip", has_text=f"{kind}.txt")).to_have_count(1)


async def test_what_cannot_be_attached_is_told_before_anything_is_sent(page: Page, fake_server: FakeServer) -> None:
    await begin(page, fake_server, "refused files")
    await accept_uploads(page)
    trouble = page.locator("[data-testid=composer-trouble]")
    for name, data, words in (
        ("big.txt", b"x" * (10 * 1024 * 1024 + 1), "a file may have 10 MB at most"),
        ("tool.bin", b"\x7fELF\0", "neither a picture, a PDF nor text"),
    ):
        file: FilePayload = {"name": name, "mimeType": "application/octet-stream", "buffer": data}
        await page.set_input_files("[data-testid=file-input]", [file])
        await expect(trouble).to_contain_text(words)
    await expect(page.locator(".chip")).to_have_count(0)


async def test_a_refused_message_brings_everything_back(page: Page, fake_server: FakeServer) -> None:
    await begin(page, fake_server, "refused")
    await accept_uploads(page)
    fake_server.put("refuse", True)
    try:
        file: FilePayload = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"a"}
        await page.set_input_files("[data-testid=file-input]", [file])
        await page.focus(COMPOSER)
        await page.keyboard.type("of @README")
        await page.locator(OPTION).first.click()
        await page.press(COMPOSER, "Enter")
        await expect(page.locator(COMPOSER)).to_have_value("of @README.md ")
        await expect(page.locator(".chip")).to_have_count(2)
    finally:
        fake_server.put("refuse", False)
    chips = await page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('sprintagen.chips.'))")
    assert len(chips) == 1, json.dumps(chips)
