"""What every piece of a page works with: the services, who looks, and the page's ways to speak and ask."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nicegui import background_tasks

from sprintagen.ui import report

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine

    from nicegui import Client

    from sprintagen.services import Services
    from sprintagen.services.refs import Actor
    from sprintagen.ui.kit.modal import Modal
    from sprintagen.ui.kit.toasts import Toasts


class PageContext:
    """One browser page.

    Args:
        services: What the app knows and can do.
        actor: Who looks at the page.
        client: NiceGUI's end of the page.
    """

    modal: Modal
    toasts: Toasts

    def __init__(self, services: Services, actor: Actor, client: Client) -> None:
        self.services = services
        self.actor = actor
        self.client = client

    async def attempt(self, what: str, work: Awaitable[Any]) -> bool:
        """Do something a person asked for; what goes wrong is told on the page. Returns whether it worked."""
        try:
            await work
        except Exception as error:  # told to the person; an unexpected one is logged with its traceback
            self.tell(error, what)
            return False
        return True

    def tell(self, error: Exception, what: str) -> None:
        """Say on the page that something did not work."""
        words = report.describe(error, what)
        if not self.client.is_deleted:
            self.toasts.error(words.message, words.hint)

    def copy(self, text: str) -> None:
        """Put a text into the clipboard of the person, who has just clicked."""
        self.client.run_javascript(f"import('prose').then((prose) => prose.copyText({json.dumps(text)}))")

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        """Do something beside what is going on, on behalf of the page."""
        background_tasks.create(work, name=name, context=self.client)

    async def remember(self, key: str, value: Any) -> None:
        """Keep a choice of the person for the next page."""
        await self.attempt("remember your choice", self.services.preferences.set(self.actor, key, value))

    async def recall(self, key: str) -> Any:
        """A choice of the person, or None; trouble with the database is no reason not to show the page."""
        try:
            return await self.services.preferences.get(self.actor, key)
        except report.EXPECTED as error:
            report.describe(error, "read your choices")
            return None
