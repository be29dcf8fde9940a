"""Registering the provider keys again, from menu or banner; turns and terminals end only if the person agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.errors import SettingsError
from sprintagen.ui.reloading import may_reload

if TYPE_CHECKING:
    from sprintagen.ui.page_context import PageContext


async def register_keys(page: PageContext, *, abort_running: bool = False) -> None:
    """Run the auth handshake with the keys as they are configured now.

    Args:
        page: Where to ask and tell.
        abort_running: Take them over at once even if a turn runs; the person is asked first.
    """
    credentials = page.services.credentials
    if abort_running:
        agreed = await may_reload(
            page,
            "Take the keys over now?",
            "opencode reads provider keys when it reloads. That stops every turn that is running; what was said stays.",
            accept="Stop turns and take over",
            refuse="Wait",
        )
    else:
        agreed = not await _will_reload(page) or await may_reload(page, "Register the keys?", accept="Register")
    if not agreed:
        return
    if not await page.attempt("register the keys", credentials.run(page.actor, abort_running=abort_running)):
        return
    match credentials.report.state:
        case "ok":
            page.toasts.done("The provider keys are registered")
        case "none":
            page.toasts.error(
                "No provider key is configured.",
                "Set OPENCODE_PROVIDER_ID and OPENCODE_PROVIDER_API_KEY, or OPENROUTER_API_KEY, in .env.",
            )
        case "partial" | "failed":
            trouble = [one for one in credentials.report.providers if one.state not in ("connected", "pending")]
            page.toasts.error(
                "Registered again; this still does not work:",
                " ".join(f"{one.provider_id or 'A key without a provider'}: {one.message}" for one in trouble),
            )
        case "waiting" if not abort_running:
            await register_keys(page, abort_running=True)


async def _will_reload(page: PageContext) -> bool:
    """Likewise if it cannot be known: the handshake then says why."""
    try:
        return await page.services.credentials.will_reload()
    except SettingsError:
        return True
