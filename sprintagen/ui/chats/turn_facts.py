"""The soft line under a finished turn, and the numbers in the chat's header: plain words from opencode's counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.opencode.models import AssistantMessage, UserMessage
from sprintagen.services.message_view import GOES_ON, is_whole
from sprintagen.ui.kit.moment import duration_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sprintagen.opencode.models import Message, Tokens


def count_words(count: float) -> str:
    """A number of tokens: `950`, `12.3k`, `1.2M`."""
    if count < 1000:
        return f"{count:.0f}"
    if count < 999_500:
        return f"{count / 1000:.1f}k" if count < 99_950 else f"{count / 1000:.0f}k"
    return f"{count / 1e6:.1f}M"


def cost_words(cost: float) -> str:
    """US dollars, as exact as is of use; empty for nothing."""
    if cost <= 0:
        return ""
    return f"${cost:.2f}" if cost >= 1 else f"${cost:.3f}" if cost >= 0.01 else f"${cost:.4f}"


def context_tokens(tokens: Tokens | None) -> float:
    """How much of the model's context a step filled."""
    if tokens is None:
        return 0
    return tokens.input + tokens.output + tokens.reasoning + tokens.cache.read + tokens.cache.write


def turn_facts(
    steps: Sequence[AssistantMessage], prompt: Message | None, *, active: bool, model_name: Callable[[str, str], str]
) -> tuple[str, ...]:
    """Model, agent, tokens, cost and duration of a finished turn; nothing while it goes on.

    Args:
        steps: The turn's assistant messages, in order.
        prompt: The message they answer, if it is here.
        active: The session has a turn running, and this is its last.
        model_name: The name for a provider id and a model id.
    """
    if not steps:
        return ()
    last = steps[-1]
    end = last.time.completed
    if end is None and (active or not is_whole(last)):
        return ()
    if active and (last.finish is None or last.finish in GOES_ON):
        return ()
    begun = prompt.time.created if isinstance(prompt, UserMessage) else steps[0].time.created
    facts = [model_name(last.provider_id, last.model_id), last.agent or last.mode]
    said = sum(step.tokens.output + step.tokens.reasoning for step in steps if step.tokens)
    if said:
        facts.append(f"{count_words(said)} tokens")
    facts.append(cost_words(sum(step.cost for step in steps)))
    if end is not None:
        facts.append(duration_words((end - begun).total_seconds()))
    return tuple(fact for fact in facts if fact)


def used_context(messages: Iterable[Message]) -> tuple[float, str, str]:
    """Tokens in the context after the newest step that says so, and that step's provider and model."""
    for info in reversed(list(messages)):
        if isinstance(info, AssistantMessage) and context_tokens(info.tokens):
            return context_tokens(info.tokens), info.provider_id, info.model_id
    return 0, "", ""
