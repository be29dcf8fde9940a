"""What a person sends: text, files and what the text names, checked, stored, and turned into opencode's prompt parts.

Files travel inside the prompt as `data:` URLs. What the text names is a `file:` URL, which opencode reads from its own
disk without asking: `project_files.py` lets only what lies in the session's directory through.
"""

from __future__ import annotations

import base64
import json
import mimetypes
import re
from dataclasses import asdict, dataclass, field, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import quote

from sprintagen.errors import InvalidInput, TooLarge
from sprintagen.opencode.ids import PartID, new_part_id
from sprintagen.opencode.models import AgentPrompt, FilePrompt, ModelRef, PromptSource, TextPrompt
from sprintagen.services.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sprintagen.opencode.models import PromptPart

TEXT_LIMIT = 4 * 1024 * 1024
"""Bytes of UTF-8 one prompt's text may have."""
FILE_LIMIT = 10 * 1024 * 1024
FILES_LIMIT = 20 * 1024 * 1024
FILES_COUNT = 20
MENTIONS_COUNT = 50

PromptKind = Literal["prompt", "command", "shell"]
"""A message to the agent; `/name arguments`, a slash command of the server; `!line`, run by its shell."""

_MIME = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}")


@dataclass(frozen=True, slots=True)
class PromptFile:
    """A file to send along."""

    filename: str
    mime: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PromptMention:
    """`@name` in a prompt's text: something of the project, or a subagent to give the task to."""

    kind: Literal["file", "directory", "agent"]
    name: str
    """A path below the session's directory, or the agent's name."""
    start: int = 0
    """Where the text says it, the `@` included; code points."""
    end: int = 0
    lines: tuple[int, int] | None = None
    """The first and the last line meant, of a file; None: all of it."""


@dataclass(frozen=True, slots=True)
class PromptDraft:
    """A prompt as the person wrote it. Agent, model and variant stay the session's own when they are omitted."""

    text: str
    """With the `/` or `!` it begins with, if it is a command or a shell line."""
    files: tuple[PromptFile, ...] = ()
    agent: str | None = None
    model: ModelRef | None = None
    variant: str | None = None
    mentions: tuple[PromptMention, ...] = ()
    kind: PromptKind = "prompt"
    directory: str = ""
    """Where mentioned paths begin; `Prompts.send` fills it in."""

    @property
    def command(self) -> tuple[str, str]:
        """Name and arguments of a slash command."""
        name, *rest = re.split(r"\s", self.text.strip().removeprefix("/"), maxsplit=1)
        return name, "".join(rest).strip()

    @property
    def shell_line(self) -> str:
        """What the shell is to run."""
        return self.text.strip().removeprefix("!").strip()


def check(draft: PromptDraft) -> None:
    """Make sure the draft can be sent.

    Raises:
        InvalidInput: There is nothing in it.
        TooLarge: There is too much in it.
    """
    if not draft.text.strip() and not draft.files:
        raise InvalidInput("There is nothing to send: the message is empty.", field="text")
    if draft.kind == "command" and not (draft.text.strip().startswith("/") and draft.command[0]):
        raise InvalidInput("A command is a slash and its name.", field="text")
    if draft.kind == "shell":
        if not (draft.text.strip().startswith("!") and draft.shell_line):
            raise InvalidInput("There is nothing to run after the exclamation mark.", field="text")
        if draft.files:
            raise InvalidInput(
                "A shell line takes no attachments.", hint="Remove them, or send a message.", field="files"
            )
    if len(draft.mentions) > MENTIONS_COUNT:
        raise TooLarge(f"A message names at most {MENTIONS_COUNT} files and agents.", field="mentions")
    if any(mention.start < 0 or mention.end > len(draft.text) for mention in draft.mentions):
        raise InvalidInput("The text does not say what it is said to mention.", field="mentions")
    if len(draft.text.encode("utf-8", "replace")) > TEXT_LIMIT:
        raise TooLarge(
            f"The message is longer than {TEXT_LIMIT // 1024 // 1024} MB.",
            hint="Attach the long part as a file, or put it into the repository and name it.",
            field="text",
        )
    if len(draft.files) > FILES_COUNT:
        raise TooLarge(f"A message takes at most {FILES_COUNT} files.", field="files")
    for file in draft.files:
        if len(file.data) > FILE_LIMIT:
            raise TooLarge(
                f"{one_line(file.filename, 80)} is larger than {FILE_LIMIT // 1024 // 1024} MB.", field="files"
            )
    if sum(len(file.data) for file in draft.files) > FILES_LIMIT:
        raise TooLarge(f"The files are larger than {FILES_LIMIT // 1024 // 1024} MB together.", field="files")


def rewritten(draft: PromptDraft, text: str) -> PromptDraft:
    """The draft with another text. It stays a command or a shell line, and names what the new text still says."""
    kept: list[PromptMention] = []
    at = 0
    for mention in draft.mentions:
        words = draft.text[mention.start : mention.end]
        if (found := text.find(words, at)) >= 0:
            at = found + len(words)
            kept.append(replace(mention, start=found, end=at))
    return replace(draft, text=text, mentions=tuple(kept))


def parts(draft: PromptDraft, ids: Sequence[PartID] = ()) -> tuple[PromptPart, ...]:
    """The draft for the wire, each part with an id: with those, sending it a second time changes nothing.

    Args:
        draft: What to send.
        ids: Those its parts had when it was sent before.
    """
    known = iter(ids)
    made: list[PromptPart] = []
    if draft.text.strip():
        made.append(TextPrompt(text=draft.text.encode("utf-8", "replace").decode(), id=_next(known)))
    for mention in draft.mentions:
        source = _source(draft.text, mention)
        if mention.kind == "agent":
            made.append(AgentPrompt(mention.name, id=_next(known), source=source))
            continue
        url = PurePath(draft.directory, mention.name).as_posix()
        lines = "?start={}&end={}".format(*mention.lines) if mention.lines and mention.kind == "file" else ""
        made.append(
            FilePrompt(
                mime="application/x-directory" if mention.kind == "directory" else _mime_of(mention.name),
                url=f"file://{'' if url.startswith('/') else '/'}{quote(url)}{lines}",
                filename=mention.name,
                id=_next(known),
                source=source,
            )
        )
    for file in draft.files:
        mime = file.mime.partition(";")[0].strip().lower()
        mime = mime if _MIME.fullmatch(mime) else "application/octet-stream"
        url = f"data:{mime};base64,{base64.b64encode(file.data).decode()}"
        name = one_line(file.filename.replace("\\", "/").rsplit("/", 1)[-1], 200) or "file"
        made.append(FilePrompt(mime=mime, url=url, filename=name, id=_next(known)))
    return tuple(made)


def encode(draft: PromptDraft, part_ids: Iterable[PartID]) -> tuple[str, bytes]:
    """The draft as it is stored: words as JSON, and the bytes of its files one after the other."""
    words = {
        "text": draft.text,
        "agent": draft.agent,
        "model": [draft.model.provider_id, draft.model.model_id] if draft.model is not None else None,
        "variant": draft.variant,
        "files": [[file.filename, file.mime, len(file.data)] for file in draft.files],
        "part_ids": list(part_ids),
        "mentions": [asdict(mention) for mention in draft.mentions],
        "kind": draft.kind,
        "directory": draft.directory,
    }
    return json.dumps(words), b"".join(file.data for file in draft.files)


def decode(words: str, data: bytes) -> tuple[PromptDraft, tuple[PartID, ...]]:
    """What `encode` stored, and the ids of its parts.

    Raises:
        ValueError: It is none of ours, or not whole.
    """
    try:
        stored = json.loads(words)
        files, at = [], 0
        for filename, mime, size in stored["files"]:
            files.append(PromptFile(filename, mime, bytes(data[at : at + size])))
            at += size
        model = ModelRef(provider_id=stored["model"][0], model_id=stored["model"][1]) if stored["model"] else None
        draft = PromptDraft(
            stored["text"],
            tuple(files),
            stored["agent"],
            model,
            stored["variant"],
            tuple(_mention(mention) for mention in stored.get("mentions", ())),
            cast("PromptKind", stored.get("kind", "prompt")),
            stored.get("directory", ""),
        )
        part_ids = tuple(PartID(id_) for id_ in stored["part_ids"])
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError("This is no stored prompt.") from error
    if at != len(data):
        raise ValueError("The files of a stored prompt are not whole.")
    return draft, part_ids


def _mention(stored: dict[str, Any]) -> PromptMention:
    lines = stored.get("lines")
    return PromptMention(**{**stored, "lines": (lines[0], lines[1]) if lines else None})


def _source(text: str, mention: PromptMention) -> PromptSource:
    """Where the text names it, counted as opencode's own clients do: in UTF-16 units."""
    start, end = (len(text[:at].encode("utf-16-le", "surrogatepass")) // 2 for at in (mention.start, mention.end))
    value = text[mention.start : mention.end].encode("utf-8", "replace").decode()
    return PromptSource(value, start, end)


def _mime_of(path: str) -> str:
    """opencode shows a picture or PDF to the model as such and reads everything else as text."""
    mime = mimetypes.guess_type(path)[0] or ""
    return (
        mime if (mime.startswith("image/") and mime != "image/svg+xml") or mime == "application/pdf" else "text/plain"
    )


def _next(ids: Iterator[PartID]) -> PartID:
    return next(ids, None) or new_part_id()
