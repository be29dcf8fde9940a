"""A session as opencode itself exports it: `{"info": …, "messages": [{"info": …, "parts": […]}]}`, everything in it.

`opencode import` takes it. Of a provider's errors only the sentence and the status are kept: the rest is its address
and its headers.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sprintagen.opencode.models import ReasoningPart, TextPart
from sprintagen.opencode.models.base import epoch_ms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sprintagen.opencode.models import Session, WireModel
    from sprintagen.services.message_view import MessageView, PartView

_ERROR_KEPT = ("message", "statusCode", "isRetryable")


class JsonFile:
    """A writer; see `document.Writer`."""

    def __init__(self) -> None:
        self._is_first = True

    def begin(self, session: Session) -> str:
        info = _wire(session)
        for of_the_server in ("revert", "share", "permission"):
            info.pop(of_the_server, None)
        return '{"info": ' + _text(info) + ',\n"messages": ['

    def messages(self, messages: Sequence[MessageView]) -> str:
        pieces = []
        for message in messages:
            info = _wire(message.info)
            _keep_words_of(info)
            item = {"info": info, "parts": [_part(view) for view in message.parts.values()]}
            pieces.append(("\n" if self._is_first else ",\n") + _text(item))
            self._is_first = False
        return "".join(pieces)

    def end(self) -> str:
        return "\n]}\n"


def _part(view: PartView) -> dict[str, Any]:
    part = _wire(view.part)
    if isinstance(view.part, TextPart | ReasoningPart):
        part["text"] = view.text
    _keep_words_of(part)
    return part


def _keep_words_of(item: dict[str, Any]) -> None:
    error = item.get("error")
    if isinstance(error, dict):
        data = error.get("data")
        kept = {key: data[key] for key in _ERROR_KEPT if key in data} if isinstance(data, dict) else {}
        item["error"] = {"name": error.get("name", "UnknownError"), "data": kept}


def _wire(model: WireModel) -> dict[str, Any]:
    wire: dict[str, Any] = _plain(model.model_dump(by_alias=True, exclude_unset=True))
    return wire


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return epoch_ms(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
