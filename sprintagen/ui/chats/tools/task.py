"""`task`: a subagent at work in a session of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sprintagen.ui.chats.tools.base import Tool, ToolLook, input_of, metadata_of, output_of, words
from sprintagen.ui.kit.action_button import ActionButton
from sprintagen.ui.kit.code_block import CodeBlock
from sprintagen.ui.kit.fold import Fold
from sprintagen.ui.kit.streaming_markdown import StreamingMarkdown

if TYPE_CHECKING:
    from sprintagen.opencode.models import ToolPart
    from sprintagen.ui.chats.tools.base import RenderContext, Update

_RESULT = re.compile(r"<task_result>\s*(.*?)\s*</task_result>", re.DOTALL)


class Task(Tool):
    names = ("task",)

    def look(self, part: ToolPart, context: RenderContext) -> ToolLook:
        given = input_of(part)
        agent = words(given.get("subagent_type"))
        return ToolLook(icon="agent", verb="Delegate", target=words(given.get("description")), mono=False, note=agent)

    def build(self, part: ToolPart, context: RenderContext) -> Update:
        prompt = words(input_of(part).get("prompt"))
        session_id = words(metadata_of(part).get("sessionId"))
        status = part.state.status
        if prompt:
            CodeBlock(prompt, title="task", wrap=True)
        result = _RESULT.search(output_of(part))
        text = result[1] if result else output_of(part)
        if text:
            StreamingMarkdown(text).classes("prose--boxed")
        if session_id:
            if status == "running":
                context.draw_session(session_id)
            else:
                steps = Fold(lambda: context.draw_session(session_id)).classes("tool")
                steps.show(icon="layers", title="What the subagent did")
            ActionButton(
                "Open the subagent's session",
                icon="link",
                kind="plain",
                on_click=lambda: context.open_session(session_id),
            )

        def update(part: ToolPart) -> bool:
            return part.state.status == status and words(metadata_of(part).get("sessionId")) == session_id

        return update
