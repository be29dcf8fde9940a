"""How long a request of ours takes until its answer begins, by the template of its route."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sprintagen.api.access import rule_for
from sprintagen.root_path import route_of

if TYPE_CHECKING:
    from starlette.types import Message, Scope, Send

    from sprintagen.services.metrics import Metrics

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def measured(scope: Scope, send: Send, metrics: Metrics) -> Send:
    """Sends on, and tells `metrics` when the answer begins.

    Args:
        scope: The request's; whoever routes it writes the route in.
        send: Where to.
        metrics: Whose.
    """
    began = time.monotonic()

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            method = scope["method"] if scope["method"] in _METHODS else "other"
            metrics.answered(method, _route(scope), message["status"], time.monotonic() - began)
        await send(message)

    return wrapped


def _route(scope: Scope) -> str:
    """A template, never a path that somebody made up: there are as many of those as people have ideas."""
    path = route_of(scope)
    template: str | None = getattr(scope.get("route"), "path", None)
    if template is not None and ":path}" not in template:
        # it lacks what its router was included under, which is the path's beginning
        return path.rsplit("/", template.count("/"))[0] + template
    rule = rule_for(path)
    return rule.path if rule is not None else "none"
