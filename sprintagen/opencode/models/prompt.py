"""The parts of a prompt, from us to the server.

With a `messageID` of ours and an `id` on every part, sending the same prompt twice is harmless; without the part ids
the text would be stored twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sprintagen.opencode.ids import PartID


@dataclass(frozen=True, slots=True)
class PromptSource:
    """The words of the prompt's text that a part stands for."""

    value: str
    start: int
    end: int

    def body(self) -> dict[str, Any]:
        return {"value": self.value, "start": self.start, "end": self.end}


@dataclass(frozen=True, slots=True)
class TextPrompt:
    text: str
    id: PartID | None = None

    def body(self) -> dict[str, Any]:
        """The part as the server wants it; likewise below."""
        return _without_none(type="text", text=self.text, id=self.id)


@dataclass(frozen=True, slots=True)
class FilePrompt:
    """An attached file.

    The server reads a `file:` URL from its own disk, any file, without asking anybody: never take one from a caller.
    """

    mime: str
    url: str
    filename: str | None = None
    id: PartID | None = None
    source: PromptSource | None = None
    """Where the prompt's text names it; None: it is attached."""

    def body(self) -> dict[str, Any]:
        source = None
        if self.source is not None:
            source = {"type": "file", "path": self.filename or "", "text": self.source.body()}
        return _without_none(
            type="file", mime=self.mime, url=self.url, filename=self.filename, id=self.id, source=source
        )


@dataclass(frozen=True, slots=True)
class AgentPrompt:
    """`@name`: asks the model to give the task to that subagent."""

    name: str
    id: PartID | None = None
    source: PromptSource | None = None

    def body(self) -> dict[str, Any]:
        source = self.source.body() if self.source is not None else None
        return _without_none(type="agent", name=self.name, id=self.id, source=source)


PromptPart = TextPrompt | FilePrompt | AgentPrompt


def _without_none(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
