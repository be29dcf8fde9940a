"""axe-core looks at a page: the rules of WCAG 2.1, levels A and AA. For tests only; nothing of it is in the product."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from playwright.async_api import Page

VENDOR: Final = Path(__file__).parent / "vendor"
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
LOOKS: Final = [(1400, "light"), (1400, "dark"), (390, "light"), (390, "dark")]
"""Widths of the window, and what the system asks for."""
_RUN = """async ([rules, left]) => {
  const { violations } = await axe.run({ exclude: left }, { runOnly: rules, resultTypes: ["violations"] });
  return violations.flatMap((one) => one.nodes.map((node) => [one.id, node.target.join(" "), node.failureSummary]));
}"""


async def faults(page: Page, *, left: list[str] | None = None) -> list[str]:
    """What is against the rules, each with where it is and why.

    Args:
        page: Nothing should move on it: what fades in has not its colours yet.
        left: Selectors of what is not looked at.
    """
    if not await page.evaluate("'axe' in window"):
        await page.evaluate((VENDOR / "axe.min.js").read_text(encoding="utf-8"))
    found: list[list[Any]] = await page.evaluate(_RUN, [RULES, left or []])
    return [f"{rule} at {where}\n  {why}" for rule, where, why in found]


async def dressed(page: Page, width: int, scheme: str) -> None:
    """Give the page a width and a colour scheme, and nothing that moves."""
    await page.set_viewport_size({"width": width, "height": 900})
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")


async def check(page: Page, what: str) -> None:
    """See that nothing is against the rules, in the look the page has."""
    found = await faults(page)
    assert not found, f"{what}:\n" + "\n".join(found)


async def check_all_looks(page: Page, what: str) -> None:
    """The same, in every look, one after the other; the page must follow the system's scheme."""
    for width, scheme in LOOKS:
        await dressed(page, width, scheme)
        await check(page, f"{what}, {width} px, {scheme}")
