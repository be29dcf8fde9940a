"""Providers: which can be used, a key for another, a sign-in where the server offers one, and taking one away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nicegui import ui
from pydantic import SecretStr

from sprintagen.ui.kit.action_button import ActionButton
from sprintagen.ui.kit.secret_field import SecretField
from sprintagen.ui.reloading import may_reload
from sprintagen.ui.settings.section import Section, draw_empty, draw_row

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sprintagen.opencode.models import AuthMethod, AuthPrompt
    from sprintagen.services.credentials import ProviderReport
    from sprintagen.services.provider_access import ProviderOverview, ProviderRow
    from sprintagen.ui.page_context import PageContext

SOURCES = {
    "env": "Key from the environment",
    "config": "Set up in opencode's configuration",
    "api": "Key kept by opencode",
    "custom": "Signed in, kept by opencode",
}


class Providers:
    """The section."""

    def __init__(self, page: PageContext) -> None:
        self._page = page
        self._access = page.services.provider_access
        self.section = Section(
            page,
            "Providers",
            "Who answers. Keys and sign-ins go to opencode and are never shown again, here or anywhere.",
            anchor="providers",
            read=self._read,
        )

    async def _read(self) -> Callable[[], None]:
        overview = await self._access.overview(self._page.actor)
        return lambda: self._draw(overview)

    def _draw(self, overview: ProviderOverview) -> None:
        if not overview.rows:
            draw_empty("No provider can be used yet. Add a key below.")
        for row in overview.rows:
            self._draw_provider(row)
        ui.label("Add a provider, or replace a key").classes("section__part")
        self._field = SecretField(
            "Key",
            action="Save key",
            ask="Provider, for example openrouter",
            offered=overview.offered,
            on_secret=self._save,
            testid="provider-key",
        )
        self._draw_sign_ins(overview.methods)

    def _draw_provider(self, row: ProviderRow) -> None:
        count = f"{row.models} model{'' if row.models == 1 else 's'}"
        detail = " · ".join(text for text in (row.provider_id, SOURCES.get(row.source, ""), row.message) if text)
        with draw_row(
            row.name,
            detail,
            state=count if row.models else "Cannot be used",
            tone="" if row.models else "red",
            icon="key",
            testid="provider",
        ):
            if row.can_be_removed:
                ActionButton(
                    f"Remove {row.name}",
                    icon="trash",
                    icon_only=True,
                    on_click=lambda: self._remove(row),
                    testid="provider-remove",
                )

    def _draw_sign_ins(self, methods: dict[str, list[AuthMethod]]) -> None:
        ways = [
            (provider_id, number, method)
            for provider_id, offered in sorted(methods.items())
            for number, method in enumerate(offered)
            if method.type == "oauth"
        ]
        if not ways:
            return
        ui.label("Or sign in at").classes("section__part")
        for provider_id, number, method in ways:
            with draw_row(method.label, provider_id, icon="link", testid="provider-sign-in"):
                ActionButton(
                    "Sign in",
                    kind="plain",
                    on_click=lambda p=provider_id, n=number, m=method: self._sign_in(p, n, m),
                )

    async def _save(self, provider_id: str, key: SecretStr) -> None:
        page, field = self._page, self._field
        field.set_busy(True)
        if await may_reload(page, "Save the key?", accept="Save key"):
            await self._use(
                lambda abort: self._access.set_key(page.actor, provider_id, key, abort_running=abort), "save the key"
            )
        if not field.is_deleted:  # else the section was drawn anew
            field.set_busy(False)

    async def _remove(self, row: ProviderRow) -> None:
        page = self._page
        if not await may_reload(
            page,
            f"Remove {row.name}?",
            "opencode forgets the key or the sign-in. Sessions that use its models can go on with another model.",
            accept="Remove",
        ):
            return
        if await page.attempt("remove the provider", self._access.remove(page.actor, row.provider_id)):
            page.toasts.done(f"{row.name} is removed")
        await self.section.load()

    async def _sign_in(self, provider_id: str, number: int, method: AuthMethod) -> None:
        page = self._page
        if not await may_reload(page, "Sign in?", accept="Sign in"):
            return
        inputs = await self._answers(method.prompts)
        if inputs is None:
            return
        try:
            begun = await self._access.begin(page.actor, provider_id, number, inputs)
        except Exception as error:  # told on the page
            page.tell(error, "begin the sign-in")
            return
        page.client.run_javascript(f"window.open({json.dumps(begun.url)}, '_blank', 'noopener')")
        code: SecretStr | None = None
        if begun.method == "code":
            typed = await page.modal.prompt(
                f"Sign in: {method.label}",
                field="Code",
                text=f"{begun.instructions} A new window opened: agree there and bring the code it shows.".strip(),
                accept="Sign in",
            )
            if not typed:
                return
            code = SecretStr(typed.strip())
        else:
            page.toasts.done(
                f"{begun.instructions} This works when your browser runs on the machine opencode runs on.".strip()
            )
        await self._use(
            lambda abort: self._access.finish(page.actor, provider_id, number, code, abort_running=abort), "sign in"
        )

    async def _answers(self, prompts: list[AuthPrompt]) -> dict[str, str] | None:
        """What the provider wants to know first; None: the person gave up."""
        answers: dict[str, str] = {}
        for prompt in prompts:
            if (when := prompt.when) and (answers.get(when.key) == when.value) is not (when.op == "eq"):
                continue
            choices = ", ".join(f"{option.value} ({option.label})" for option in prompt.options)
            answer = await self._page.modal.prompt(
                prompt.message,
                field=f"One of: {choices}" if choices else prompt.placeholder or "Answer",
                value=prompt.options[0].value if prompt.options else "",
                accept="Continue",
            )
            if answer is None:
                return None
            answers[prompt.key] = answer.strip()
        return answers

    async def _use(self, work: Callable[[bool], Awaitable[ProviderReport]], what: str) -> None:
        """Do it, tell how the provider stands then, and offer to take it over now where turns are in the way."""
        page = self._page
        try:
            report = await work(False)
        except Exception as error:  # told on the page
            page.tell(error, what)
            return
        if report.state == "pending" and await may_reload(
            page,
            "Take it over now?",
            "opencode reads keys when it reloads. That stops every turn that is running; what was said stays. "
            "Otherwise it happens by itself once no session is working.",
            accept="Stop turns and take over",
            refuse="Wait",
        ):
            again = page.services.credentials.load_new(page.actor, abort_running=True)
            if await page.attempt(what, again):
                report = await page.services.credentials.look(report.provider_id)
        if report.state == "connected":
            page.toasts.done(f"{report.provider_id} can be used")
        elif report.message:
            page.toasts.error(f"{report.provider_id} cannot be used.", report.message)
        await self.section.load()
