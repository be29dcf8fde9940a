"""What a script is, and the two sentences every script may need when a tool call does not work out.

A script is a generator that is played from its start at every request: it yields an answer with a tool call, is sent
the results, yields the next one. What has been played already is skipped by sending it the results that are in the
conversation. So a script keeps no state, reads from top to bottom, and decides by results alone.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sprintagen.demo.answers import answer
from sprintagen.demo.conversation import ToolResult
from sprintagen.demo.steps import Answer, Say

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from sprintagen.demo.conversation import Conversation
    from sprintagen.demo.steps import Call

Play = Generator[Answer, tuple[ToolResult, ...]]
OUTPUT_LINES = 12


@dataclass(frozen=True, slots=True)
class Script:
    """One thing the demo can show."""

    title: str
    """A few words for the chip and for the session it opens."""
    text: str
    """What the chip puts in the composer, as a person would write it."""
    shows: str
    """What there is to see, for the list of what the demo can do."""
    words: re.Pattern[str]
    """Other texts that choose this script."""
    play: Callable[[Conversation], Play]


def answer_of(play: Play, conversation: Conversation) -> Answer:
    """The answer that is due now."""
    due = next(play)
    for results in conversation.steps:
        try:
            due = play.send(results)
        except StopIteration:
            return [Say(answer("done"))]
    return due


def one(results: tuple[ToolResult, ...]) -> ToolResult:
    """The last result; an empty one when the call has been cut off."""
    return results[-1] if results else ToolResult("", "")


def sorry(result: ToolResult, call: Call) -> Answer:
    """For a call that was denied or has failed: says so and ends."""
    if result.is_denied:
        feedback = f", with the words *{result.feedback}*" if result.feedback else ""
        return [Say(answer("denied", tool=call.tool, feedback=feedback))]
    return [Say(answer("trouble", tool=call.tool, output=tail(result.text)))]


def tail(text: str) -> str:
    """The last lines of an output, safe to put in a code block."""
    lines = text.replace("```", "'''").strip().splitlines() or ["(nothing)"]
    return "\n".join(lines[-OUTPUT_LINES:])
