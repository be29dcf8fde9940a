"""Writing a document: what it is called, what kind of file it is, and its text, piece by piece."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from sprintagen.export.json_file import JsonFile
from sprintagen.export.markdown_file import MarkdownFile
from sprintagen.export.page_file import PageFile
from sprintagen.export.reading import Reading
from sprintagen.services.session_row import title_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from sprintagen.opencode.ids import SessionID
    from sprintagen.opencode.models import Session
    from sprintagen.services import Services
    from sprintagen.services.message_view import MessageView
    from sprintagen.services.refs import Actor

Format = Literal["md", "json", "html"]

_KINDS = {"md": "text/markdown", "json": "application/json", "html": "text/html"}


class Writer(Protocol):
    """Turns a session into text."""

    def begin(self, session: Session) -> str: ...

    def messages(self, messages: Sequence[MessageView]) -> str:
        """The next messages, in order."""

    def end(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Document:
    """A file that is being written."""

    name: str
    """Letters, digits and dashes, with an ending."""
    media_type: str
    pieces: AsyncIterator[str]


async def write(services: Services, actor: Actor, session_id: SessionID, format: Format) -> Document:
    """A session as a document.

    Args:
        services: Where it is read.
        actor: Who wants it.
        session_id: Which session.
        format: As what.

    Raises:
        NotFound: There is no such session.
        OpencodeError: It could not be read.
    """
    await services.sessions.get(actor, session_id)
    session = services.store.sessions[session_id]
    reading = Reading(services.sessions, actor, session_id, session.revert.message_id if session.revert else None)
    await reading.find()
    writer: Writer = MarkdownFile() if format == "md" else JsonFile() if format == "json" else PageFile()
    name = re.sub(r"[^a-z0-9]+", "-", title_of(session).lower()).strip("-")[:60].strip("-")
    return Document(f"{name or 'session'}.{format}", _KINDS[format], _pieces(writer, session, reading))


async def _pieces(writer: Writer, session: Session, reading: Reading) -> AsyncIterator[str]:
    yield writer.begin(session)
    async for messages in reading.pages():
        # a page may hold megabytes, and others wait for the loop
        yield await asyncio.to_thread(writer.messages, messages)
    yield writer.end()
