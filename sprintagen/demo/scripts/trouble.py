"""Scripts in which the provider, that is ourselves, fails on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.demo.answers import answer
from sprintagen.demo.steps import Fail, Pause, Say

if TYPE_CHECKING:
    from sprintagen.demo.conversation import Conversation
    from sprintagen.demo.scripts.script import Play

REFUSAL = "Incorrect API key provided. (The scripted model refuses because you asked for it; nothing is wrong.)"
OVERLOAD = "The scripted provider is overloaded, as you asked. It recovers at the third try."


def refuse_the_key(conversation: Conversation) -> Play:
    """An error that no retry would cure."""
    del conversation
    yield [Pause(0.4), Fail(401, REFUSAL)]


def recover_from_overload(conversation: Conversation) -> Play:
    """Two failures that opencode retries, then an answer."""
    del conversation
    yield [Fail(503, OVERLOAD, times=2), Pause(0.4), Say(answer("overloaded"))]
