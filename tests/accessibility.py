"""axe-core looks at a page: the rules of WCAG 2.1, levels A and AA. For tests only; nothing of it is in the product."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from playwright.async_api import Page

VENDOR: Final = Path(__file__).parent / "vendor"
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
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
