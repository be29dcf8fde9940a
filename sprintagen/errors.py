"""What can go wrong in sprintagen's own rooms, in words a person can act on.

    SprintagenError            message, hint, stable code, HTTP status
    ├── SettingsError          a value of the environment or of .env cannot be used
    ├── InvalidInput           what the caller sent cannot be used (names the field)
    ├── TooLarge               more bytes than we take
    ├── NotFound               no such thing here
    ├── Conflict               it exists, but not in a state that allows this
    ├── NotSignedIn            no session and no token
    ├── Refused                signed in or not, this request is not taken (Host, Origin)
    ├── DatabaseError          the database file cannot be opened, read or written
    └── ManagedError           our own opencode could not be fetched, started or kept alive

What happened on the wire to opencode is `sprintagen.opencode.errors`. The two ends where an error becomes
something to read are `sprintagen.api.errors` (problem documents) and `sprintagen.ui.report` (the page).
Expected trouble carries a 4xx or 5xx and is logged as a WARNING; a 500 always means a bug.
"""

from __future__ import annotations


class SprintagenError(Exception):
    """Something expected went wrong.

    Args:
        message: What happened and why, one sentence, safe to show: no secret, no URL of the server behind us.
        hint: What the person can do about it; empty when the message says it.
        field: The name of the input that is to blame, if one is.
    """

    code: str = "error"
    """Stable machine-readable word; part of the API."""
    status: int = 500
    """The HTTP status a problem document about this carries."""

    def __init__(self, message: str, *, hint: str = "", field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.field = field


class SettingsError(SprintagenError):
    """One or more settings cannot be used; `problems` has a line for each, never with a value."""

    code = "settings_invalid"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems), hint="Correct the setting in the environment or in .env and start again.")
        self.problems = problems


class InvalidInput(SprintagenError):
    code = "invalid_input"
    status = 422


class TooLarge(SprintagenError):
    code = "too_large"
    status = 413


class NotFound(SprintagenError):
    code = "not_found"
    status = 404


class Conflict(SprintagenError):
    code = "conflict"
    status = 409


class NotSignedIn(SprintagenError):
    code = "not_signed_in"
    status = 401


class Refused(SprintagenError):
    code = "refused"
    status = 403


class DatabaseError(SprintagenError):
    code = "database_unavailable"
    status = 503


class ManagedError(SprintagenError):
    code = "opencode_not_running"
    status = 502
