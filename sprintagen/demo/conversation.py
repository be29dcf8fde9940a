"""A chat completion request as the scripts see it: what the person asked and what the tools have answered since."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["turn", "title", "summary"]

REMINDER = re.compile(r"<system-reminder>.*?</system-reminder>", re.DOTALL)
WORKING_DIRECTORY = re.compile(r"Working directory: (.+)")
DENIALS = (
    "The user rejected permission",
    "The user dismissed this question",
    "The user has specified a rule which prevents",
)
FEEDBACK = "with the following feedback: "


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What came back for one tool call."""

    tool: str
    text: str

    @property
    def is_denied(self) -> bool:
        """The person said no to the permission or dismissed the question."""
        return self.text.startswith(DENIALS)

    @property
    def feedback(self) -> str:
        """What the person said along with the no; empty when nothing."""
        return self.text.partition(FEEDBACK)[2].strip() if self.is_denied else ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One request of opencode, reduced to what a script decides on."""

    kind: Kind
    prompt: str
    """The person's last message, without what opencode adds to it."""
    steps: tuple[tuple[ToolResult, ...], ...]
    """The tool results of each answer given since then, oldest first."""
    tools: frozenset[str]
    """The tools the model may call."""
    directory: str
    """Where opencode works, for absolute paths; empty when it does not say."""
    digest: str
    """The same for every try of the same request."""
    size: int
    """Characters of the whole request."""

    @classmethod
    def parse(cls, body: dict[str, Any]) -> Conversation:
        """Reads the body of a chat completion request; unknown fields are ignored."""
        messages: list[dict[str, Any]] = body.get("messages") or []
        system = "\n".join(_text(item) for item in messages if item.get("role") == "system")
        last = max((index for index, item in enumerate(messages) if item.get("role") == "user"), default=-1)
        prompt = _prompt(messages[last]) if last >= 0 else ""
        tools = frozenset(str(tool["function"]["name"]) for tool in body.get("tools") or [])
        directory = WORKING_DIRECTORY.search(system)
        text = json.dumps(messages, sort_keys=True)
        return cls(
            kind=_kind(system),
            prompt=prompt,
            steps=_steps(messages[last + 1 :]),
            tools=tools,
            directory=directory[1].strip() if directory else "",
            digest=hashlib.sha256(text.encode()).hexdigest(),
            size=len(text),
        )

    def path(self, name: str) -> str:
        """A file of the repository as a tool wants it named."""
        return f"{self.directory}/{name}" if self.directory else name


def _kind(system: str) -> Kind:
    if system.startswith("You are a title generator"):
        return "title"
    if "summarization agent" in system[:200]:
        return "summary"
    return "turn"


def _steps(messages: list[dict[str, Any]]) -> tuple[tuple[ToolResult, ...], ...]:
    steps: list[list[ToolResult]] = []
    names: dict[str, str] = {}
    for item in messages:
        if item.get("role") == "assistant" and item.get("tool_calls"):
            steps.append([])
            names |= {call["id"]: call["function"]["name"] for call in item["tool_calls"]}
        elif item.get("role") == "tool" and steps:
            steps[-1].append(ToolResult(names.get(item.get("tool_call_id", ""), ""), _text(item)))
    return tuple(tuple(results) for results in steps)


def _text(message: dict[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text", "")) for part in content if part.get("type") == "text")


def _prompt(message: dict[str, Any]) -> str:
    """Leaves out reminders and the contents of attached files, which opencode sends as texts of the same message."""
    content = message.get("content") or ""
    texts = [content] if isinstance(content, str) else [str(part.get("text", "")) for part in content]
    own = [text for text in texts if not text.startswith(("Called the ", "<path>", "<file>"))]
    return REMINDER.sub("", "\n".join(own)).strip()
