"""Chat completion requests as opencode sends them, for tests that do without it."""

from __future__ import annotations

from typing import Any

from sprintagen.demo.conversation import Conversation

SYSTEM = "You are opencode.\n<env>\n  Working directory: /home/me/shop\n  Platform: linux\n</env>"


def request(prompt: str, *answered: tuple[str, str], **more: Any) -> dict[str, Any]:
    """A request after the given (tool, result) pairs, each the result of an answer of its own."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": prompt}]
    for index, (tool, result) in enumerate(answered):
        call = {"id": f"call_{index}", "type": "function", "function": {"name": tool, "arguments": "{}"}}
        messages.append({"role": "assistant", "content": "", "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": f"call_{index}", "content": result})
    tools = [{"type": "function", "function": {"name": name}} for name in ("bash", "edit", "read")]
    return {"model": "scripted", "messages": messages, "tools": tools, "stream": True, **more}


def conversation(prompt: str, *answered: tuple[str, str]) -> Conversation:
    return Conversation.parse(request(prompt, *answered))
