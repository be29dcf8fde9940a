"""`Uploads`: files attached to a message that is not sent yet, kept in the database so that a reload loses none.

Sending copies the bytes into the outbox. An upload stays a while after that: a browser that did not hear of it sends
the message again under the same key.
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sprintagen.db import upload as table
from sprintagen.errors import InvalidInput, NotFound, TooLarge
from sprintagen.services.prompt_draft import FILE_LIMIT, PromptFile
from sprintagen.services.text import one_line

if TYPE_CHECKING:
    from sprintagen.services.refs import Actor

KEPT_FOR = timedelta(days=7)
TOTAL_LIMIT = 1024 * 1024 * 1024
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_TAKEN = (*PICTURES, "application/pdf", "text/plain")
_ID = re.compile(r"[0-9a-f]{32}")


class Uploads:
    """Attached files by id."""

    async def add(self, actor: Actor, filename: str, mime: str, data: bytes) -> str:
        """Keep a file; returns its id.

        Raises:
            InvalidInput: It is of a kind that no model reads.
            TooLarge: It is too large, or too many wait to be sent.
            DatabaseError: It cannot be kept.
        """
        name = one_line(filename.replace("\\", "/").rsplit("/", 1)[-1], 200) or "file"
        mime = mime.partition(";")[0].strip().lower()
        if mime not in _TAKEN or (mime == "text/plain" and b"\0" in data):
            raise InvalidInput(f"{name} is neither a picture, a PDF nor text: no model could read it.", field="file")
        if len(data) > FILE_LIMIT:
            raise TooLarge(f"{name} is larger than {FILE_LIMIT // 1024 // 1024} MB.", field="file")
        now = datetime.now(UTC)
        await table.remove_before(now - KEPT_FOR)
        if await table.total() + len(data) > TOTAL_LIMIT:
            raise TooLarge(
                "Too many attached files are kept already.", hint=f"They go {KEPT_FOR.days} days after they came."
            )
        upload = table.Upload(
            upload_id=secrets.token_hex(16),
            actor=actor.name,
            filename=name,
            mime=mime,
            size=len(data),
            data=data,
            created_at=now,
        )
        await table.add(upload)
        return upload.upload_id

    async def get(self, actor: Actor, upload_id: str) -> PromptFile:
        """A file the person attached.

        Raises:
            NotFound: There is none, or not any more.
            DatabaseError: It cannot be read.
        """
        upload = await table.get(actor.name, upload_id) if _ID.fullmatch(upload_id) else None
        if upload is None:
            raise NotFound("An attached file is not there any more.", hint="Attach it once more.")
        return PromptFile(upload.filename, upload.mime, bytes(upload.data))
