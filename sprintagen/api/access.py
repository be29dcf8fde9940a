"""Who may reach which route: one table, default deny, checked against every registered route at start.

A path that no rule covers is refused to everybody, so a forgotten rule shows as a refused start, not as a hole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Access = Literal["public", "signed_in"]


@dataclass(frozen=True, slots=True)
class Rule:
    """`path` and, where it ends in a slash and a star, everything below it."""

    path: str
    access: Access
    why: str

    def covers(self, path: str) -> bool:
        if self.path.endswith("/*"):
            return path == self.path[:-2] or path.startswith(self.path[:-1])
        return path == self.path


RULES: tuple[Rule, ...] = (
    Rule("/healthz", "public", "liveness for container engines; says only that the process answers"),
    Rule("/readyz", "public", "readiness for balancers; a word for each part, from memory"),
    Rule("/sign-in", "public", "where a session begins"),
    Rule("/favicon.ico", "public", "browsers ask for it before anything else; a static picture"),
    Rule("/manifest.webmanifest", "public", "browsers ask for it without a cookie; a name and icons"),
    Rule("/icons/*", "public", "likewise; static pictures"),
    Rule("/", "signed_in", "leads to the page"),
    Rule("/sign-out", "signed_in", "ends a session"),
    Rule("/admin/*", "signed_in", "the pages"),
    Rule("/static/*", "signed_in", "the page's own assets"),
    Rule("/api/opencode/*", "signed_in", "the HTTP API"),
    Rule("/metrics", "signed_in", "what a Prometheus reads, with the token"),
    Rule("/_nicegui/*", "signed_in", "NiceGUI's assets and uploads"),
    Rule("/_nicegui_ws/*", "signed_in", "the page's socket"),
)


def access_to(path: str) -> Access | None:
    """What a path asks for; None: no rule, so nobody gets in."""
    rule = rule_for(path)
    return rule.access if rule is not None else None


def rule_for(path: str) -> Rule | None:
    """The rule that covers a path."""
    return next((rule for rule in RULES if rule.covers(path)), None)


class UncoveredRoutes(RuntimeError):
    """Routes are registered that no access rule covers; the server must not start."""


def check_routes(*routes: Iterable[BaseRoute]) -> None:
    """Refuses the start when a registered route has no access rule.

    Raises:
        UncoveredRoutes: Naming each such route.
    """
    uncovered = sorted({path for group in routes for path in _paths(group) if access_to(path) is None})
    if uncovered:
        raise UncoveredRoutes(f"no access rule covers: {', '.join(uncovered)} (add one to sprintagen/api/access.py)")


def _paths(routes: Iterable[BaseRoute], prefix: str = "") -> Iterator[str]:
    for route in routes:
        if isinstance(route, Mount):
            yield from _paths(route.routes, prefix + route.path) if route.routes else (prefix + route.path + "/",)
        elif isinstance(route, Route | WebSocketRoute):
            yield prefix + route.path
        elif (router := getattr(route, "original_router", None)) is not None:  # FastAPI's, for include_router()
            yield from _paths(router.routes, prefix + route.include_context.prefix)  # type: ignore[attr-defined]
        else:  # a kind we do not know: name it, so that it is refused rather than overlooked
            yield prefix + getattr(route, "path", repr(route))
