"""The whole product as `make demo` runs it: its own opencode, its scripted model, its sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil
import pytest
from playwright.async_api import expect

from tests.e2e.served import Served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.browsing import Tab
    from tests.e2e.conftest import OpenTab

SOON = 5_000


@pytest.fixture(scope="module")
def served(opencode_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    product = Served(tmp_path_factory.mktemp("demo"), opencode_binary, arguments=("--demo",))
    product.start()
    yield product
    children = psutil.Process(product.pid).children(recursive=True)
    product.stop()
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]


async def test_a_newcomer_follows_a_suggestion_to_a_fixed_bug(tab: Tab) -> None:
    await expect(tab.find("demo-label")).to_have_text("Scripted demo model")
    await tab.find("suggestion").filter(has_text="Fix a bug").click()
    await expect(tab.composer).to_have_value(
        "Customers who buy exactly 10 apples pay the full price. Find the bug and fix it."
    )
    await expect(tab.banner).to_have_count(0)
    await tab.find("send").click()
    await expect(tab.find("permission-card")).to_contain_text("wants to change this file")
    await expect(tab.find("permission-card")).to_contain_text("quantity >= BULK_QUANTITY")
    await tab.find("permission-once").click()
    await expect(tab.find("permission-card")).to_contain_text("python3 -m unittest")
    await tab.find("permission-once").click()
    await tab.ended()
    for name in ("grep", "read", "edit", "bash"):
        await expect(tab.tool(name, "done")).to_have_count(1)
    await expect(tab.page.get_by_role("heading", level=1).first).to_have_text("Fix a bug")


async def test_a_crashed_opencode_is_told_at_once_and_comes_back_by_itself(tab: Tab, served: Served) -> None:
    await expect(tab.banner).to_have_count(0)
    await tab.begin("/x say 900 30")
    await expect(tab.answers).to_contain_text("w10")
    served.opencode().kill()
    await expect(tab.banner).to_be_visible(timeout=SOON)
    await expect(tab.answers).to_contain_text("w10")
    await tab.shoot("crashed")
    await expect(tab.banner).to_have_count(0)
    await expect(tab.find("message-list")).to_contain_text("Interrupted")
    await expect(tab.answers).to_contain_text("w10")
    await tab.send("/x text Back again.")
    await expect(tab.answers.last).to_have_text("Back again.")


async def test_the_secrets_of_the_run_reach_no_page(open_tab: OpenTab, served: Served) -> None:
    password = served.opencode().environ()["OPENCODE_SERVER_PASSWORD"]
    served.secrets.append(password)
    tab = await open_tab()
    await tab.begin("Give me a tour of this project.")
    await tab.ended()
    assert password not in await tab.page.content()
