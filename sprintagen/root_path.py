"""Where below a host everything of ours lives: at `/`, or under a root path that a proxy gives us.

As ASGI has it, `scope["path"]` is the whole path and `scope["root_path"]` its beginning; routes are found by the rest.
`api/arrivals` settles both for every request.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any

_USABLE: Final = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]{1,64}){1,8}")
_OURS: Final = frozenset(
    {"admin", "api", "static", "icons", "sign-in", "sign-out", "healthz", "readyz", "metrics", "_nicegui",
     "_nicegui_ws", "favicon.ico", "manifest.webmanifest"}
)  # fmt: skip
"""First segments of our own paths. Under such a root nobody could tell whether a proxy has taken it off already."""


def is_root_path(text: str) -> bool:
    """Whether we can live under it: `/tools/agent`, without a slash at its end."""
    return _USABLE.fullmatch(text) is not None and text.split("/")[1] not in _OURS


def root_of(scope: MutableMapping[str, Any]) -> str:
    """The root path of a request, also inside of what is mounted below it; empty: everything lives at `/`."""
    root: str = scope.get("app_root_path", scope.get("root_path", ""))
    return root


def route_of(scope: MutableMapping[str, Any]) -> str:
    """The path of a request below its root path, which begins with a slash."""
    path: str = scope["path"]
    root = root_of(scope)
    return path[len(root) :] if root and path.startswith(f"{root}/") else path
