"""Parts that are one line: patches, retries, compactions, agents, subtasks, files, steps worth mentioning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from sprintagen.opencode.models import (
    AgentPart,
    CompactionPart,
    FilePart,
    PatchPart,
    RetryPart,
    StepFinishPart,
    SubtaskPart,
    ToolPart,
)
from sprintagen.ui.chats.parts.base import name_part
from sprintagen.ui.chats.tools.base import first_line, input_of, table, words
from sprintagen.ui.kit.code_block import CodeBlock
from sprintagen.ui.kit.fold import Fold
from sprintagen.ui.kit.icons import Icon
from sprintagen.ui.kit.picture import draw_picture

if TYPE_CHECKING:
    from sprintagen.opencode.models import Part
    from sprintagen.services.session_view import PartView
    from sprintagen.ui.chats.tools.base import RenderContext

FINISH_WORDS = {
    "length": "The answer stopped at the model's output limit.",
    "content-filter": "The provider's content filter stopped the answer.",
    "error": "The model's step ended with an error.",
}


class NoteElement:
    """A part said in one line, drawn anew when it changes."""

    def __init__(self, view: PartView, context: RenderContext) -> None:
        self._context = context
        self.element = ui.element("div").classes("note-part")
        name_part(self.element, view.part)
        with self.element:
            self._draw(view.part)

    def _is_told(self, patch: PatchPart) -> bool:
        """Whether the message's own edits name every file of the patch already."""
        message = self._context.view.messages.get(patch.message_id)
        parts = [view.part for view in message.parts.values()] if message else []
        edits = [part for part in parts if isinstance(part, ToolPart) and part.tool in ("edit", "write", "multiedit")]
        told = {words(input_of(part).get("filePath")) for part in edits}
        return bool(patch.files) and all(file in told for file in patch.files)

    def update(self, view: PartView) -> None:
        self.element.clear()
        with self.element:
            self._draw(view.part)

    def _draw(self, part: Part) -> None:
        match part:
            case PatchPart():
                self.element.set_visibility(not self._is_told(part))
                files = [self._context.relative(file) for file in part.files]
                named = f"{len(files)} file{'s' if len(files) != 1 else ''}"

                def list_files() -> None:
                    CodeBlock("\n".join(files), title=part.hash[:10] or "files")

                fold = Fold(list_files).classes("tool")
                fold.show(
                    icon="patch", title="Changed", detail=named if len(files) > 2 else ", ".join(files), mono=True
                )
            case RetryPart():
                reason = words(table(table(part.error).get("data")).get("message")) or words(
                    table(part.error).get("message")
                )
                note("refresh", f"Tried again (attempt {part.attempt})" + (f": {first_line(reason)}" if reason else ""))
            case CompactionPart():
                why = "the context was full" if part.overflow else "automatically" if part.auto else "on request"
                with ui.element("div").classes("compaction"):
                    ui.label(f"Conversation compacted, {why}")
            case AgentPart():
                note("agent", f"For @{part.name}")
            case SubtaskPart():
                note("agent", f"Task for {part.agent}: {first_line(part.description or part.prompt)}")
            case FilePart():
                file_chip(part)
            case StepFinishPart():
                note("info", FINISH_WORDS.get(part.reason, f"The model's step ended: {part.reason}."))


def note(icon: str, text: str) -> None:
    """One soft line."""
    with ui.element("div").classes("note"):
        Icon(icon)
        ui.label(text)


def file_chip(part: FilePart) -> None:
    """A file of a prompt: its name; pictures that came with the prompt are shown."""
    with ui.element("div").classes("chip"):
        Icon("folder" if part.mime == "application/x-directory" else "file")
        ui.label(part.filename or part.url.rpartition("/")[2][:80] or "file").classes("chip__name")
        if kind := kind_words(part.mime):
            ui.label(kind).classes("chip__kind")
    draw_picture(part.mime, part.url, part.filename or "")


def kind_words(mime: str) -> str:
    """What kind of file it is, where its name alone may not say: `PNG`, `PDF`; nothing for text and folders."""
    family, _, name = mime.partition(";")[0].partition("/")
    if not name or mime == "application/x-directory" or (family == "text" and name in ("plain", "markdown")):
        return ""
    return name.removeprefix("x-").partition("+")[0].upper() if len(name) <= 12 else family.capitalize()


def is_worth_a_line(part: Part) -> bool:
    """Whether a step's end says something a reader does not see anyway."""
    return isinstance(part, StepFinishPart) and part.reason not in ("stop", "tool-calls", "", "unknown")
