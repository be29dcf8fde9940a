"""What the scripted model can do in one answer: a list of these actions, played in order by the server.

An answer ends by itself, with the finish reason `tool_calls` when it has called a tool and `stop` otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Say:
    """Text, one word per chunk. `rate` is words a second; omitted: the server's pace."""

    text: str
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class Think:
    """Reasoning, streamed like text but as `reasoning_content`."""

    text: str
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call; its result arrives with the next request."""

    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence. Shortened with the server's pace unless `exact`."""

    seconds: float
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Fail:
    """The provider refuses: an HTTP error when nothing has been said yet, else an error inside the stream.

    `times` counts tries of the same request; after so many it goes on as if nothing had happened. None: always.
    """

    status: int
    message: str = ""
    times: int | None = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection breaks off in the middle of the answer. `times` as in `Fail`."""

    times: int | None = 1


@dataclass(frozen=True, slots=True)
class Hang:
    """Nothing more comes, and the connection stays open until the other side gives up."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Ends the answer with a reason and a token count of its own choice."""

    reason: str | None = None
    prompt_tokens: int | None = None


Action: TypeAlias = Say | Think | Call | Pause | Fail | Drop | Hang | Finish
Answer: TypeAlias = list[Action]
