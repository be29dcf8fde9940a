"""The `/x` lines with which tests and benchmarks say exactly what the model shall do.

    /x say N [RATE]            N words `w0 w1 ...`, RATE a second
    /x prose N [RATE]          the same words as Markdown: paragraphs, headings, lists and code
    /x think N [RATE]          the same as reasoning
    /x text MARKDOWN           the rest of the line and the following lines up to the next verb, as they are
    /x tool NAME JSON          a tool call; what follows it is the answer to its result
    /x sleep SECONDS           silence
    /x error CODE [MESSAGE]    the provider refuses, at every try
    /x failfirst CODE K        it refuses K times, then goes on with the next line
    /x drop [WORDS [TIMES]]    after WORDS words (3) the connection breaks off, TIMES times (1), then it goes on
    /x hang                    silence for ever
    /x length                  ends the answer with the finish reason `length`
    /x usage TOKENS            ends the answer and claims so many prompt tokens

Lines that are no verb are only words to look at. A verb that cannot be read is answered with what is wrong.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from sprintagen.demo.steps import Call, Drop, Fail, Finish, Hang, Pause, Say, Think

if TYPE_CHECKING:
    from collections.abc import Generator

    from sprintagen.demo.conversation import Conversation, ToolResult
    from sprintagen.demo.steps import Action, Answer

PREFIX = "/x "


def has_verbs(prompt: str) -> bool:
    """Whether any line of the prompt is a verb."""
    return any(line.startswith(PREFIX) for line in prompt.splitlines())


def script(conversation: Conversation) -> Generator[Answer, tuple[ToolResult, ...]]:
    """Plays the verbs of the prompt, one answer per tool call."""
    try:
        actions = [action for line in _lines(conversation.prompt) for action in _read(line)]
    except (ValueError, IndexError) as error:
        yield [Say(f"This `/x` line cannot be read: {error}. The verbs are listed in `sprintagen/demo/verbs.py`.")]
        return
    answer: Answer = []
    for action in actions:
        answer.append(action)
        if isinstance(action, Call):
            yield answer
            answer = []
    yield answer or [Say("done")]


def words(count: int) -> str:
    """`w0 w1 ...`: words whose place in the text is in their name."""
    return "".join(f"w{index} " for index in range(count))


def prose(count: int) -> str:
    """The words of `words` as Markdown whose blocks are of the usual sizes."""
    said = words(count).split()
    blocks = []
    for start in range(0, count, 150):
        heading, first, items, code, last = (
            said[start + begin : start + end] for begin, end in ((0, 3), (3, 60), (60, 90), (90, 110), (110, 150))
        )
        blocks.append(f"## {' '.join(heading)}")
        blocks.append(" ".join(first))
        blocks.append("\n".join(f"- {' '.join(items[at : at + 6])}" for at in range(0, len(items), 6)))
        blocks.append("\n".join(["```python", *(" ".join(code[at : at + 5]) for at in range(0, len(code), 5)), "```"]))
        blocks.append(" ".join(last))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _lines(prompt: str) -> list[str]:
    lines: list[str] = []
    for line in prompt.splitlines():
        if line.startswith(PREFIX):
            lines.append(line)
        elif lines and lines[-1].startswith("/x text "):
            lines[-1] += f"\n{line}"
    return lines


def _read(line: str) -> list[Action]:
    verb, _, rest = line.removeprefix(PREFIX).strip().partition(" ")
    given = rest.split()
    match verb:
        case "say" | "think":
            rate = float(given[1]) if len(given) > 1 else None
            text = words(int(given[0]))
            return [Say(text, rate) if verb == "say" else Think(text, rate)]
        case "prose":
            return [Say(prose(int(given[0])), float(given[1]) if len(given) > 1 else None)]
        case "text":
            return [Say(rest)]
        case "tool":
            name, _, arguments = rest.strip().partition(" ")
            return [Call(name, json.loads(arguments or "{}"))]
        case "sleep":
            return [Pause(float(given[0]), exact=True)]
        case "error":
            return [Fail(int(given[0]), rest.partition(" ")[2] or _reason(given[0]))]
        case "failfirst":
            return [Fail(int(given[0]), _reason(given[0]), times=int(given[1]))]
        case "drop":
            before = Say(words(int(given[0]) if given else 3))
            return [before, Drop(int(given[1]) if len(given) > 1 else 1)]
        case "hang":
            return [Hang()]
        case "length":
            return [Finish("length")]
        case "usage":
            return [Finish(prompt_tokens=int(given[0]))]
        case _:
            raise ValueError(f"there is no verb {verb!r}")


def _reason(status: str) -> str:
    try:
        return f"Scripted error {status}: {HTTPStatus(int(status)).phrase}"
    except ValueError:
        return f"Scripted error {status}"
