"""A narrow window, the dark theme, the splitter: nothing hangs over the edge and everything can be reached."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from playwright.async_api import expect

if TYPE_CHECKING:
    from tests.e2e.browsing import Tab

WIDTH = 280
"""Of the session list, when nobody changed it."""
WIDE = "word" * 60
EVERYTHING = f"""/x think 20
/x text # {WIDE}

| a | b | c | d | e | f | g | h |
|---|---|---|---|---|---|---|---|
| {"| ".join(["a_rather_long_cell_of_a_table"] * 8)} |

```python
{"x = " + "1 + " * 80}1
```

`{WIDE}` and https://example.org/{WIDE}
"""


async def test_a_narrow_window_in_the_dark(tab: Tab) -> None:
    page = tab.page
    await page.emulate_media(color_scheme="dark")
    await page.set_viewport_size({"width": 390, "height": 844})
    assert await tab.overflow() == 0
    await expect(tab.find("session-list")).not_to_be_in_viewport()
    session_id = await tab.begin(EVERYTHING)
    await tab.ended()
    assert await tab.overflow() == 0
    cell = tab.answers.locator("td").first
    assert await cell.evaluate("cell => cell.clientHeight") < 60, "a table scrolls sideways and is not crushed"
    await tab.shoot("narrow")
    await tab.find("toggle-list").click()
    await expect(tab.item(session_id)).to_be_in_viewport()
    assert await tab.overflow() == 0
    await tab.shoot("drawer")
    await tab.item(session_id).click()
    await expect(tab.find("session-list")).not_to_be_in_viewport()
    await tab.composer.press_sequentially("typed on a phone")
    await expect(tab.composer).to_be_in_viewport(ratio=1)
    await expect(tab.find("send")).to_be_in_viewport(ratio=1)


async def test_asks_and_errors_fit_a_narrow_window(tab: Tab) -> None:
    await tab.page.set_viewport_size({"width": 390, "height": 844})
    command = json.dumps({"command": f"echo {WIDE} " * 3, "description": "says"})
    question = json.dumps(
        {
            "questions": [
                {
                    "question": f"Which of them {WIDE}?",
                    "header": "Choice",
                    "options": [{"label": WIDE, "description": WIDE}, {"label": "B", "description": "b"}],
                }
            ]
        }
    )
    await tab.begin(f"/x tool bash {command}\n/x tool question {question}\n/x text Well.")
    await expect(tab.find("permission-once")).to_be_in_viewport(ratio=1)
    assert await tab.overflow() == 0
    cut = await tab.find("permission-card").locator("pre").evaluate("box => box.scrollWidth - box.clientWidth")
    assert cut <= 0, "one must see all that one allows"
    await tab.shoot("narrow-permission")
    await tab.find("permission-message").fill("no")
    await tab.find("permission-reject").click()
    await expect(tab.find("question-card")).to_be_visible()
    assert await tab.overflow() == 0
    await tab.shoot("narrow-question")
    await tab.find("question-card").get_by_text("B", exact=True).click()
    await tab.find("question-send").click()
    await tab.ended()
    await tab.send(f"/x error 401 {WIDE * 4}")
    await expect(tab.find("error-card")).to_be_visible()
    assert await tab.overflow() == 0
    await tab.shoot("narrow-error")


async def test_the_theme_and_the_width_of_the_list_are_remembered(tab: Tab) -> None:
    async def surface() -> str:
        return str(await tab.page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light = await surface()
    await tab.find("theme-menu").click()
    await tab.page.get_by_role("menuitemradio", name="Dark").click()
    await expect(tab.page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = await surface()
    assert dark != light
    divider = tab.page.get_by_role("separator", name="Width of the session list")
    box = await divider.bounding_box()
    assert box is not None
    await tab.page.mouse.move(box["x"] + box["width"] / 2, 400)
    await tab.page.mouse.down()
    await tab.page.mouse.move(box["x"] + 80, 400, steps=4)
    await tab.page.mouse.up()
    width = await divider.get_attribute("aria-valuenow")
    assert width is not None
    assert int(width) > WIDTH + 40
    for _ in range(10):  # the choice is written down a moment after the click
        await tab.page.reload()
        await tab.live()
        if await surface() == dark and await divider.get_attribute("aria-valuenow") == width:
            break
    await expect(divider).to_have_attribute("aria-valuenow", width)
    assert await surface() == dark
    await tab.find("theme-menu").click()
    await tab.page.get_by_role("menuitemradio", name="System").click()
    await expect(tab.page.locator("html")).not_to_have_attribute("data-theme", "dark")
