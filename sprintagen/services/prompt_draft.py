"""What a person sends: text and files, checked against limits, stored, and turned into opencode's prompt parts.

Files travel inside the prompt as `data:` URLs. Nobody can name a path: opencode would read any file of its machine.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sprintagen.errors import InvalidInput, TooLarge
from sprintagen.opencode.ids import PartID, new_part_id
from sprintagen.opencode.models import FilePrompt, ModelRef, TextPrompt
from sprintagen.services.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sprintagen.opencode.models import PromptPart

TEXT_LIMIT = 4 * 1024 * 1024
"""Bytes of UTF-8 one prompt's text may have."""
FILE_LIMIT = 10 * 1024 * 1024
FILES_LIMIT = 20 * 1024 * 1024
FILES_COUNT = 20

_MIME = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}")


@dataclass(frozen=True, slots=True)
class PromptFile:
    """A file to send along."""

    filename: str
    mime: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PromptDraft:
    """A prompt as the person wrote it. Agent, model and variant stay the session's own when they are omitted."""

    text: str
    files: tuple[PromptFile, ...] = ()
    agent: str | None = None
    model: ModelRef | None = None
    variant: str | None = None


def check(draft: PromptDraft) -> None:
    """Make sure the draft can be sent.

    Raises:
        InvalidInput: There is nothing in it.
        TooLarge: There is too much in it.
    """
    if not draft.text.strip() and not draft.files:
        raise InvalidInput("There is nothing to send: the message is empty.", field="text")
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
        draft = PromptDraft(stored["text"], tuple(files), stored["agent"], model, stored["variant"])
        part_ids = tuple(PartID(id_) for id_ in stored["part_ids"])
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError("This is no stored prompt.") from error
    if at != len(data):
        raise ValueError("The files of a stored prompt are not whole.")
    return draft, part_ids


def _next(ids: Iterator[PartID]) -> PartID:
    return next(ids, None) or new_part_id()
