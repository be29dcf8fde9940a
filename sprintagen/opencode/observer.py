"""Seeing requests to the server from outside of this package: how long they take, and words to send along."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from sprintagen.opencode.errors import OpencodeError

_HUMP: Final = re.compile(r"(?<!^)(?=[A-Z])")


class Observer(Protocol):
    """Is told of every request to a server."""

    def headers(self) -> dict[str, str]:
        """More headers for a request that is about to go out."""

    def answered(self, method: str, route: str, outcome: str, seconds: float) -> None:
        """A good answer has begun (`ok`), or the request failed (the kind of error: `server_timeout`, ...).

        Args:
            method: HTTP's.
            route: The first segment of the path, which is never an id.
            outcome: See above.
            seconds: Since the request was made.
        """


class Nobody:
    """Looks away."""

    def headers(self) -> dict[str, str]:
        return {}

    def answered(self, method: str, route: str, outcome: str, seconds: float) -> None:
        pass


class Timing:
    """One request's time; only its first end counts, since an answer can break off after it began well."""

    def __init__(self, observer: Observer, method: str, segments: tuple[str, ...]) -> None:
        self._observer: Observer | None = observer
        self._method = method
        self._route = segments[0] if segments else ""
        self._began = time.monotonic()

    def end(self, error: OpencodeError | None = None) -> None:
        if self._observer is not None:
            outcome = _HUMP.sub("_", type(error).__name__).lower() if error is not None else "ok"
            self._observer.answered(self._method, self._route, outcome, time.monotonic() - self._began)
            self._observer = None
