"""Reading what the agent changed, and saying something to it, against the real opencode."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.e2e.browsing import CHATS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.async_api import Locator

    from sprintagen.demo.model_server import ModelServerThread
    from tests.e2e.browsing import Tab
    from tests.e2e.conftest import OpenTab
    from tests.rig import RealOpencode

BUG = "if quantity > BULK_QUANTITY:"
FIX = "if quantity >= BULK_QUANTITY:"


@pytest.fixture(autouse=True)
def _as_it_was(real_opencode: RealOpencode) -> Iterator[None]:
    yield
    real_opencode.restore_repository()


def tool(name: str, **given: Any) -> str:
    return f"/x tool {name} {json.dumps(given)}"


def edit(server: RealOpencode, old: str = BUG, new: str = FIX) -> str:
    path = str(server.directory / "shop" / "pricing.py")
    return f"{tool('edit', filePath=path, oldString=old, newString=new)}\n/x text done"


def git(server: RealOpencode, *commands: list[str]) -> None:
    for arguments in commands:
        who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", *who, *arguments], cwd=server.directory, check=True)


async def panel(tab: Tab) -> Locator:
    button = tab.find("open-changes")
    if await button.get_attribute("aria-pressed") != "true":  # an earlier test may have left it open
        await button.click()
    found = tab.find("changes")
    await expect(found).to_have_attribute("data-state", "ready")
    return found


async def test_an_edit_is_read_and_commented_and_the_model_hears_of_it(
    open_tab: OpenTab, real_opencode: RealOpencode, scripted_model: ModelServerThread
) -> None:
    played = real_opencode.play(edit(real_opencode))
    tab = await open_tab(f"{CHATS}/{played.session_id}")
    changes = await panel(tab)
    await expect(tab.find("changes-total")).to_have_text("1 file")
    added = changes.locator(".diff__row--add")
    await expect(added.locator(".diff__text")).to_have_text(f"    {FIX}")
    removed = await changes.locator(".diff__row--del .diff__no").first.bounding_box()
    come = await added.locator(".diff__no").nth(1).bounding_box()
    assert removed is not None
    assert come is not None
    mouse = tab.page.mouse
    await mouse.move(removed["x"] + 4, removed["y"] + 4)
    await mouse.down()
    await mouse.move(come["x"] + 4, come["y"] + 4, steps=5)
    await mouse.up()
    await expect(tab.find("comment-form")).to_contain_text("line 13")
    await tab.page.keyboard.type("Why `>=`?")
    await tab.page.keyboard.press("Enter")
    await expect(tab.find("comment-chip")).to_contain_text("pricing.py:13")
    await tab.page.reload()
    await tab.live()
    await expect(tab.find("comment-chip")).to_contain_text("pricing.py:13")
    await expect(tab.find("comment")).to_contain_text("Why `>=`?")
    await tab.send("/x say 2")
    await expect(tab.answers.last).to_have_text("w0 w1")
    await expect(tab.find("comment-chip")).to_have_count(0)
    await expect(tab.find("comment")).to_have_count(0)
    heard = [json.dumps(request["messages"][-1]) for request in scripted_model.requests if request.get("tools")]
    expected = (
        "/x say 2\n\nComments on the changes:\n\n1. shop/pricing.py, line 13:\n"
        f"```diff\n-    {BUG}\n+    {FIX}\n```\nWhy `>=`?"
    )
    assert json.dumps(expected)[1:-1] in heard[-1]
    await expect(tab.mine.last.locator(".told__note")).to_have_text("Why `>=`?")


async def test_the_panel_follows_a_turn_and_keeps_what_is_open(open_tab: OpenTab, real_opencode: RealOpencode) -> None:
    tab = await open_tab()
    path = real_opencode.directory / "notes.txt"
    session_id = await tab.begin(f"{edit(real_opencode)}")
    changes = await panel(tab)
    await tab.find("permission-once").click()
    await tab.ended()
    await expect(tab.find("changes-total")).to_have_text("1 file")
    pricing = changes.locator('[data-path="shop/pricing.py"]')
    await expect(pricing.locator(".diff__row--add")).to_have_count(1)
    await pricing.locator(".diff__gap").first.click()
    await expect(pricing.locator(".diff__gap")).to_have_count(0)
    rows = await pricing.locator(".diff__row").count()
    real_opencode.play(f"{tool('write', filePath=str(path), content='one')}\n/x text done", session_id=session_id)
    await expect(tab.find("changes-total")).to_have_text("2 files")
    await expect(pricing.locator(".diff__row")).to_have_count(rows)
    await tab.find("changes-scope").select_option("turn")
    await expect(changes.locator(".changes__base")).to_have_text(["notes.txt"])
    path.write_text("two")
    await tab.find("changes-scope").select_option("worktree")
    await expect(changes.locator(".changes__base")).to_have_text(["notes.txt", "pricing.py"])
    await expect(changes.locator('[data-path="notes.txt"] .diff__row--add .diff__text')).to_have_text("two")


async def test_the_branch_is_held_against_the_default_one(open_tab: OpenTab, real_opencode: RealOpencode) -> None:
    played = real_opencode.play("/x text hello")
    try:
        git(real_opencode, ["checkout", "-qb", "rounding"], ["rm", "-q", "shop/pricing.py"], ["commit", "-qm", "Away"])
        real_opencode.wait_for(lambda: real_opencode.request("GET", "/vcs")["branch"] == "rounding")
        tab = await open_tab(f"{CHATS}/{played.session_id}")
        changes = await panel(tab)
        await tab.find("changes-scope").select_option(label="Branch rounding, against main")
        await expect(changes.locator(".changes__base")).to_have_text(["pricing.py"])
        await expect(changes.locator(".changes__mark")).to_have_text(["D"])
    finally:
        git(real_opencode, ["checkout", "-qf", "main"], ["branch", "-qD", "rounding"])
