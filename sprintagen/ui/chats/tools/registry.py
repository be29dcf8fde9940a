"""Which module draws which tool. Adding one: a module, a line here, a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.ui.chats.tools.bash import Bash
from sprintagen.ui.chats.tools.changes import ApplyPatch, Edit, Write
from sprintagen.ui.chats.tools.generic import Generic
from sprintagen.ui.chats.tools.lsp import Lsp
from sprintagen.ui.chats.tools.question import QuestionTool
from sprintagen.ui.chats.tools.read import Read
from sprintagen.ui.chats.tools.search import Glob, Grep, ListFiles
from sprintagen.ui.chats.tools.skill import Skill
from sprintagen.ui.chats.tools.task import Task
from sprintagen.ui.chats.tools.todo import TodoTool
from sprintagen.ui.chats.tools.web import WebFetch, WebSearch

if TYPE_CHECKING:
    from sprintagen.ui.chats.tools.base import Tool

GENERIC = Generic()
TOOLS: tuple[Tool, ...] = (
    Bash(),
    Read(),
    Edit(),
    Write(),
    ApplyPatch(),
    Grep(),
    Glob(),
    ListFiles(),
    WebFetch(),
    WebSearch(),
    TodoTool(),
    Task(),
    QuestionTool(),
    Skill(),
    Lsp(),
)
_BY_NAME = {name: tool for tool in TOOLS for name in tool.names}


def tool_for(name: str) -> Tool:
    """How calls of this tool look; `GENERIC` for a tool we do not know."""
    return _BY_NAME.get(name, GENERIC)
