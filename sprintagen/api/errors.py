"""From an error to an RFC 9457 problem document; nothing else in the API builds error bodies.

`code` is stable and part of the API. No upstream URL, header, stack or secret gets in: the words come from our own
errors, which are written to be shown; anything else is a bug and says so without saying more.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from sprintagen import request_id
from sprintagen.errors import SettingsError, SprintagenError
from sprintagen.opencode import errors as opencode

if TYPE_CHECKING:
    from fastapi import FastAPI, Request

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 60
_NAMED_FIELD = re.compile(r"([a-z_]+): (.+)", re.DOTALL)
"""How a model's own validator names the field: there is no other way to tell pydantic."""


class FieldProblem(BaseModel):
    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457. `code` is stable; `detail` and `hint` are sentences for a person."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    hint: str = ""
    field: str = Field("", description="The input that is to blame, if one is.")
    request_id: str = Field("", description="What the log calls this request; also in the header X-Request-ID.")
    errors: list[FieldProblem] = Field([], description="Every input that is to blame.")


_OPENCODE: tuple[tuple[type[opencode.OpencodeError], int, str], ...] = (
    (opencode.InvalidID, 422, "invalid_id"),
    (opencode.ServerUnreachable, 502, "opencode_unreachable"),
    (opencode.ServerTimeout, 504, "opencode_timeout"),
    (opencode.ServerAuthError, 502, "opencode_auth_failed"),
    (opencode.UnreadableAnswer, 502, "opencode_unreadable"),
    (opencode.NotFound, 404, "not_found"),
    (opencode.Busy, 409, "session_busy"),
    (opencode.InvalidRequest, 422, "opencode_rejected"),
    (opencode.ServerFault, 502, "opencode_fault"),
    (opencode.RequestRefused, 502, "opencode_refused"),
    (opencode.OpencodeError, 502, "opencode_error"),
)

_TITLES = {
    400: "Bad request",
    401: "Not signed in",
    403: "Refused",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    422: "Invalid input",
    429: "Too many attempts",
    500: "Internal error",
    502: "Bad gateway",
    503: "Unavailable",
    504: "Timed out",
}


def problem(error: SprintagenError | opencode.OpencodeError) -> JSONResponse:
    """The problem document for one of our errors."""
    if isinstance(error, SprintagenError):
        extra = {"field": error.field} if error.field else {}
        status = 503 if isinstance(error, SettingsError) else error.status  # the operator's to mend, not a bug
        return _document(status, error.code, error.message, hint=error.hint, **extra)
    status, code = next((status, code) for kind, status, code in _OPENCODE if isinstance(error, kind))
    if getattr(error, "status", None) == 413:
        status, code = 413, "too_large"
    return _document(status, code, error.message, hint=error.hint)


def register_error_handlers(api: FastAPI) -> None:
    """Makes every error that leaves a route a problem document."""
    api.add_exception_handler(SprintagenError, _handle_ours)
    api.add_exception_handler(opencode.OpencodeError, _handle_ours)
    api.add_exception_handler(RequestValidationError, _handle_validation)
    api.add_exception_handler(HTTPException, _handle_http)
    api.add_exception_handler(Exception, _handle_bug)


def _document(status: int, code: str, detail: str, *, hint: str = "", **extra: Any) -> JSONResponse:
    body = {"type": "about:blank", "title": _TITLES.get(status, "Error"), "status": status, "code": code}
    body |= {"detail": detail, **({"hint": hint} if hint else {}), **extra}
    if id_ := request_id.current():
        body["request_id"] = id_
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    elif status == 429:
        headers["Retry-After"] = str(RETRY_SECONDS)
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


async def _handle_ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, SprintagenError | opencode.OpencodeError)
    log.warning("%s %r: %s", request.method, request.url.path, error.message)
    return problem(error)


async def _handle_validation(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fields = [_field_problem(item) for item in error.errors()]
    first = fields[0] if fields else {"field": "", "message": "The request cannot be read."}
    detail = f"{first['field']}: {first['message']}" if first["field"] else first["message"]
    return _document(422, "invalid_input", detail, field=first["field"], errors=fields)


def _field_problem(item: dict[str, Any]) -> dict[str, str]:
    message = str(item["msg"]).removeprefix("Value error, ")
    if item["type"] == "json_invalid":  # its place is an offset in the text
        return {"field": "body", "message": "This is not JSON."}
    parts = [str(part) for part in item["loc"]]
    field = ".".join(parts[1:] if parts[0] in ("body", "query", "path", "header") and len(parts) > 1 else parts)
    if field == "body" and (named := _NAMED_FIELD.fullmatch(message)):
        field, message = named[1], named[2]
    return {"field": field, "message": message}


async def _handle_http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    codes = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}
    details = {404: "There is nothing at this address.", 405: "This address does not take that method."}
    answer = _document(
        error.status_code,
        codes.get(error.status_code, "http_error"),
        details.get(error.status_code, _TITLES.get(error.status_code, "The request failed.")),
    )
    answer.headers.update(error.headers or {})
    return answer


async def _handle_bug(request: Request, error: Exception) -> JSONResponse:
    log.error("unexpected error in %s %r", request.method, request.url.path, exc_info=error)
    return _document(500, "internal", "Something went wrong inside sprintagen. The log has the details.")
