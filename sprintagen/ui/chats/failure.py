"""Why a turn failed, as opencode has it, turned into three sentences: what, why, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nicegui import ui

from sprintagen.ui.kit.icons import Icon

if TYPE_CHECKING:
    from sprintagen.opencode.models import MessageError


_CHECK_KEY = "Check the provider's key in the environment or in .env, then choose Register keys again in the menu."


class FailureWords(NamedTuple):
    title: str
    reason: str
    advice: str


def describe_failure(error: MessageError) -> FailureWords:
    """The words for a card. The reason is the provider's own sentence where it gave one."""
    reason = error.message[:2000]
    match error.name:
        case "ProviderAuthError":
            return FailureWords("The provider refused the key", reason, _CHECK_KEY)
        case "ContextOverflowError":
            return FailureWords(
                "The conversation no longer fits the model's context",
                reason,
                "opencode compacts it by itself. If that does not help, begin a new session or choose a larger model.",
            )
        case "MessageOutputLengthError":
            return FailureWords(
                "The answer reached the model's output limit", reason, "Ask it to go on, or in smaller pieces."
            )
        case "APIError" | "AI_APICallError":
            return _provider_failure(error.status_code, reason)
    return FailureWords(
        "The turn failed", reason or error.name, "Send the message again. If it repeats, look into opencode's log."
    )


def _provider_failure(status: int | None, reason: str) -> FailureWords:
    if status in (401, 403):
        title, advice = "The provider refused the key", _CHECK_KEY
    elif status == 402:
        title, advice = "The provider wants to be paid", "Add credit to the provider's account or choose another model."
    elif status == 429:
        title, advice = "The provider's rate limit is reached", "Wait a little and send again, or choose another model."
    elif status == 404:
        title, advice = "The provider does not know this model", "Choose another model below."
    elif status is not None and status >= 500:
        title, advice = "The provider is in trouble", "Send the message again in a while, or choose another model."
    elif status is None:
        title, advice = (
            "The provider could not be reached",
            "Check this machine's network, then send the message again.",
        )
    else:
        title, advice = (
            "The provider did not take the request",
            "Change the message or choose another model, then send again.",
        )
    return FailureWords(title, f"{reason} ({status})" if status else reason, advice)


def draw_failure(error: MessageError) -> None:
    """The card, drawn where we are."""
    title, reason, advice = describe_failure(error)
    with ui.element("div").classes("card card--error") as card:
        card.props["role"] = "alert"
        card.props["data-testid"] = "error-card"
        card.mark("error-card")
        with ui.element("div").classes("card__head"):
            Icon("alert")
            ui.label(title).classes("card__title")
        if reason:
            ui.label(reason).classes("card__reason")
        ui.label(advice).classes("card__advice")
