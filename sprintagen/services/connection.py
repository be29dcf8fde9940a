"""`ConnectionState`: how we stand with the opencode server, in words for a banner."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from sprintagen.opencode.errors import OpencodeError, ServerAuthError

if TYPE_CHECKING:
    from sprintagen.managed.process import ManagedStatus

ConnectionWord = Literal["starting", "connected", "polling", "reconnecting", "failed"]

_PASSWORD_HINT = (
    "Start sprintagen with the OPENCODE_SERVER_USERNAME and OPENCODE_SERVER_PASSWORD "
    "with which the opencode server was started."
)


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """`connected` means that events arrive and that what we hold is up to date; `polling`, that we ask instead."""

    state: ConnectionWord
    since: datetime
    """For the states that are not `connected`: since when it has not been."""
    reason: str = ""
    hint: str = ""
    log_tail: tuple[str, ...] = ()
    """The last lines of our own server's log, when it crashed."""
    last_event_at: datetime | None = None
    """Heartbeats count."""


class Connection:
    """Folds what the stream and our own server process say into one `ConnectionState`."""

    def __init__(self) -> None:
        self.last_event_at: datetime | None = None
        self._state = ConnectionState("starting", datetime.now(UTC))
        self._stream = self._state
        self._managed: ManagedStatus | None = None

    @property
    def state(self) -> ConnectionState:
        return replace(self._state, last_event_at=self.last_event_at)

    def is_up(self) -> bool:
        """Whether the server answers and what we hold is up to date, or a few seconds old."""
        return self._state.state in ("connected", "polling")

    def connected(self) -> bool:
        """The stream is up and the state is read; returns whether that is news, as the others do."""
        return self._stream_is(ConnectionState("connected", datetime.now(UTC)))

    def polling(self) -> bool:
        """No events come, and the server answers what it is asked."""
        return self._stream_is(ConnectionState("polling", datetime.now(UTC)))

    def away(self, error: OpencodeError) -> bool:
        """The stream broke, or what is behind it cannot be read."""
        if isinstance(error, ServerAuthError):
            return self._stream_is(ConnectionState("failed", datetime.now(UTC), error.message, _PASSWORD_HINT))
        return self._stream_is(ConnectionState("reconnecting", datetime.now(UTC), error.message, error.hint))

    def managed(self, status: ManagedStatus) -> bool:
        """Our own server process is in another state."""
        self._managed = status
        return self._settle()

    def _stream_is(self, state: ConnectionState) -> bool:
        self._stream = state
        return self._settle()

    def _settle(self) -> bool:
        state, status = self._stream, self._managed
        if status is not None and status.state == "gave_up":
            state = ConnectionState("failed", status.since, status.reason, status.hint, status.log_tail)
        elif status is not None and status.state == "restarting":
            state = ConnectionState("reconnecting", status.since, status.reason, status.hint, status.log_tail)
        elif status is not None and status.state == "starting" and state.state not in ("connected", "polling"):
            state = ConnectionState("starting", status.since, status.reason, status.hint)
        if "connected" not in (state.state, self._state.state) or state.state == self._state.state:
            state = replace(state, since=self._state.since)
        is_news, self._state = state != self._state, state
        return is_news
