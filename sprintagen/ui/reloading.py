"""Asking before opencode is brought to reload, which ends turns and terminals."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sprintagen.ui.page_context import PageContext

_TERMINALS = "opencode reads keys when it reloads: that ends the terminals below, and what runs in them."


async def may_reload(page: PageContext, title: str, text: str = "", *, accept: str, refuse: str = "Cancel") -> bool:
    """Whether the person agrees; the terminals that would end are named.

    Args:
        page: Where to ask. What cannot be found out is told there, and counts as a no.
        title: The question.
        text: What else it means; without it nothing is asked unless a terminal would end.
        accept: The button that agrees.
        refuse: The button that does not.
    """
    try:
        rows = [(row.title, row.directory) for row in await page.services.terminals.everywhere(page.actor)]
    except Exception as error:  # told on the page
        page.tell(error, "look for open terminals")
        return False
    if not rows and not text:
        return True
    words = f"{text} {_TERMINALS}".strip() if rows else text
    return await page.modal.confirm(title, words, accept=accept, refuse=refuse, danger=True, rows=rows)
