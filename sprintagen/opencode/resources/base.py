"""What every resource does: send to its directory, and turn the answer into models."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from sprintagen.opencode.errors import WRONG_SERVER_HINT, UnreadableAnswer
from sprintagen.opencode.models.base import WireModel, reason

if TYPE_CHECKING:
    from sprintagen.opencode.transport import Answer, Query, Transport

M = TypeVar("M", bound=WireModel)

logger = logging.getLogger("sprintagen.opencode")


class Resource:
    """Requests about one noun, in one directory (None: the server's own)."""

    def __init__(self, transport: Transport, directory: str | None) -> None:
        self._transport = transport
        self._directory = directory

    async def _call(
        self,
        method: str,
        *segments: str,
        query: Query | None = None,
        body: Any = None,
        timeout: float | None = None,
        fresh: bool = False,
        secret: bool = False,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        return await self._transport.call(
            method,
            segments,
            directory=self._directory,
            query=query,
            body=body,
            timeout=timeout,
            fresh=fresh,
            secret=secret,
            headers=headers,
        )

    async def _get(self, *segments: str, query: Query | None = None) -> Any:
        return (await self._call("GET", *segments, query=query)).data

    async def _post(self, *segments: str, body: Any = None) -> Any:
        return (await self._call("POST", *segments, body=body)).data


def one(model: type[M], data: Any) -> M:
    """The data as this model.

    Raises:
        UnreadableAnswer: It has another shape.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        # The cause is left out: a validation error carries what it could not read.
        raise UnreadableAnswer(
            f"The opencode server's answer has an unknown shape ({reason(error)}).", hint=WRONG_SERVER_HINT
        ) from None


def many(model: type[M], data: Any) -> list[M]:
    """The data as a list of this model. An item of another shape is left out, with a warning: the rest still counts.

    Raises:
        UnreadableAnswer: It is no list.
    """
    if not isinstance(data, list):
        raise UnreadableAnswer("The opencode server's answer is not a list.", hint=WRONG_SERVER_HINT)
    items: list[M] = []
    problems: list[str] = []
    for item in data:
        try:
            items.append(model.model_validate(item))
        except ValidationError as error:
            problems.append(reason(error))
    if problems:
        logger.warning("%d of %d × %s left out: %s", len(problems), len(data), model.__name__, problems[0])
    return items


def mapping(data: Any) -> dict[str, Any]:
    """The data as a JSON object.

    Raises:
        UnreadableAnswer: It is none.
    """
    if not isinstance(data, dict):
        raise UnreadableAnswer("The opencode server's answer is not an object.", hint=WRONG_SERVER_HINT)
    return data


def given(**fields: Any) -> dict[str, Any]:
    """The fields that are not None, as a request's body: an omitted argument is an omitted field."""
    return {name: value for name, value in fields.items() if value is not None}
