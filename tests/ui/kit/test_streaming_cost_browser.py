"""What a piece of text costs a browser does not grow with the text before it: counted in elements, not in time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.ui.conftest import FakeServer, visit

if TYPE_CHECKING:
    from playwright.async_api import CDPSession, Page

pytestmark = pytest.mark.browser

# Appends blocks of every kind in small pieces, each drawn before the next.
GROW = r"""async ([id, at, blocks]) => {
  const drawn = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const kinds = [
    "A paragraph of some words that say **something** or other and go on for a while.\n\n", "## A heading\n\n",
    "- one item\n- another `item`\n\n", "```python\nx = 1\ny = 2\n```\n\n", "> quoted\n\n",
    "| a | b |\n|---|---|\n| 1 | 2 |\n\n",
  ];
  for (let i = 0; i < blocks; i++) {
    const block = kinds[i % kinds.length];
    for (let j = 0; j < block.length; j += 12) {
      const piece = block.slice(j, j + 12);
      sprintagenAppend([[id, at, piece]]);
      at += piece.length;
      await drawn();
    }
  }
  return at;
}"""


async def most_styled(page: Page, cdp: CDPSession, element: int, at: int, blocks: int) -> tuple[int, int]:
    """The text's new length, and how many elements the dearest update had the browser style."""
    seen: list[dict[str, Any]] = []
    done = asyncio.Event()

    def collect(chunk: dict[str, Any]) -> None:
        seen.extend(chunk["value"])

    cdp.on("Tracing.dataCollected", collect)
    cdp.once("Tracing.tracingComplete", lambda _: done.set())
    categories = {"includedCategories": ["devtools.timeline"], "excludedCategories": ["*"]}
    await cdp.send("Tracing.start", {"transferMode": "ReportEvents", "traceConfig": categories})
    at = await page.evaluate(GROW, [element, at, blocks])
    await cdp.send("Tracing.end")
    await done.wait()
    cdp.remove_listener("Tracing.dataCollected", collect)
    counts = [event["args"].get("elementCount", 0) for event in seen if event["name"] == "UpdateLayoutTree"]
    assert len(counts) > blocks, "the browser drew between the pieces"
    return at, max(counts)


async def test_no_more_elements_are_styled_for_a_piece_when_the_text_is_long(
    page: Page, fake_server: FakeServer
) -> None:
    session = fake_server.session("grows")
    fake_server.pull("busy", session)
    message = fake_server.pull("assistant", session, fake_server.pull("user", session, "go"))
    part = fake_server.pull("start_text", session, message)
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    start = "Start.\n\n"
    fake_server.pull("delta", session, message, part, start)
    prose = page.locator(".message[data-role=assistant] .prose")
    await prose.get_by_text("Start.").wait_for()
    element = int((await prose.get_attribute("id") or "c0")[1:])
    assert page.context.browser is not None
    cdp = await page.context.browser.new_browser_cdp_session()
    at, _ = await most_styled(page, cdp, element, len(start), 12)
    at, short = await most_styled(page, cdp, element, at, 18)
    at, _ = await most_styled(page, cdp, element, at, 150)
    _, long = await most_styled(page, cdp, element, at, 18)
    assert long <= 2 * short, f"{short} elements at first, {long} with 180 blocks before"
