"""`/sessions/{id}/messages`: read a page of them; send a prompt and wait for its answer, or not."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from sprintagen.api.deps import TheActor, TheServices, TheSession
from sprintagen.api.schemas.messages import AnswerOut, ErrorOut, MessageList, MessageOut, PromptIn, PromptOut
from sprintagen.errors import InvalidInput
from sprintagen.opencode.errors import InvalidRequest
from sprintagen.opencode.models import ModelRef
from sprintagen.services.prompts import PromptDraft, PromptFile, PromptMention

router = APIRouter(prefix="/sessions/{session_id}/messages", tags=["messages"])


@router.get("", response_model_exclude_none=True)
async def list_messages(
    services: TheServices,
    actor: TheActor,
    session_id: TheSession,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: Annotated[str | None, Query(max_length=500, description="`older` of the page after.")] = None,
) -> MessageList:
    """The newest messages, or the page before; text that is still streaming is as long as it has come."""
    try:
        page = await services.sessions.messages(actor, session_id, limit=limit, before=before)
    except InvalidRequest as error:
        if before is None:
            raise
        raise InvalidInput("This is no page of this session: take `older` as it came.", field="before") from error
    return MessageList(messages=[MessageOut.of_view(message) for message in page.messages], older=page.older)


@router.post(
    "",
    response_model_exclude_none=True,
    responses={202: {"model": PromptOut, "description": "Taken; `wait` was false."}},
)
async def send_message(
    services: TheServices,
    actor: TheActor,
    session_id: TheSession,
    body: PromptIn,
    response: Response,
    wait: Annotated[bool, Query(description="false: answer 202 as soon as the prompt is taken.")] = True,
    timeout: Annotated[float, Query(gt=0, le=3600, description="Seconds to wait for the answer.")] = 600,
    idempotency_key: Annotated[str | None, Header(max_length=100, description="The same as `client_key`.")] = None,
) -> AnswerOut | PromptOut:
    """Sends a prompt. While the agent works it waits its turn; every prompt gets its own answer, in order.

    It is stored before this answers, and goes on after a restart; with a key of the caller's it can be sent again
    safely when no answer came, for seven days. A database that cannot store it is a 503, and nothing is sent.

    Waiting longer than `timeout` is a 504; the prompt goes on and its answer can be read later.
    """
    draft = PromptDraft(
        text=body.text,
        files=tuple(PromptFile(filename=file.filename, mime=file.mime, data=file.data) for file in body.files),
        agent=body.agent,
        model=ModelRef(provider_id=body.model.provider_id, model_id=body.model.model_id) if body.model else None,
        variant=body.model.variant if body.model else None,
        mentions=tuple(PromptMention(**mention.model_dump()) for mention in body.mentions),
        kind=body.kind,
    )
    prompt = await services.prompts.send(actor, session_id, draft, client_key=body.client_key or idempotency_key)
    if not wait:
        response.status_code = 202
        return PromptOut(id=prompt.id, message_id=prompt.message_id, state=prompt.state)
    answer = await services.prompts.answer(session_id, prompt.id, timeout=timeout)
    return AnswerOut(
        message_id=answer.message_id,
        messages=[MessageOut.of_message(message) for message in answer.messages],
        error=ErrorOut.of(answer.error) if answer.error else None,
    )
