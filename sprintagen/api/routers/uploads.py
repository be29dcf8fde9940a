"""`/uploads`: files for the next message, sent as they are; the message names their ids."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

from sprintagen.api.deps import TheActor, TheServices
from sprintagen.errors import InvalidInput, TooLarge
from sprintagen.services.prompt_draft import FILE_LIMIT
from sprintagen.services.uploads import PICTURES

router = APIRouter(prefix="/uploads", tags=["uploads"])


class UploadOut(BaseModel):
    id: str
    size: int


@router.post("", status_code=201)
async def add_upload(
    services: TheServices,
    actor: TheActor,
    request: Request,
    filename: Annotated[str, Query(min_length=1, max_length=1000)],
) -> UploadOut:
    """Keeps the body as a file: a picture, a PDF or text, by its content type. It goes after seven days."""
    data = bytearray()
    try:
        async for piece in request.stream():
            data += piece
            if len(data) > FILE_LIMIT:
                raise TooLarge(f"The file is larger than {FILE_LIMIT // 1024 // 1024} MB.", field="file")
    except ClientDisconnect as error:
        raise InvalidInput("The file did not arrive whole.", hint="Attach it again.", field="file") from error
    mime = request.headers.get("content-type", "")
    return UploadOut(id=await services.uploads.add(actor, filename, mime, bytes(data)), size=len(data))


@router.get("/{upload_id}", response_class=Response)
async def read_upload(services: TheServices, actor: TheActor, upload_id: str) -> Response:
    """The file; only pictures are shown by a browser, everything else is saved."""
    file = await services.uploads.get(actor, upload_id)
    headers = {"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "private, max-age=3600"}
    if file.mime not in PICTURES:
        headers["Content-Disposition"] = "attachment"
    return Response(file.data, media_type=file.mime, headers=headers)
