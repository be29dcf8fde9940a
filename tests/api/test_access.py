"""The table of who may reach what: default deny, and no route without a rule."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount, Route, WebSocketRoute

from sprintagen.api.access import RULES, UncoveredRoutes, access_to, check_routes


def endpoint() -> None: ...


def test_only_sign_in_liveness_readiness_and_what_an_installed_app_shows_are_public() -> None:
    public = {rule.path for rule in RULES if rule.access == "public"}
    assert public == {"/healthz", "/readyz", "/sign-in", "/favicon.ico", "/manifest.webmanifest", "/icons/*"}


@pytest.mark.parametrize("path", ["/admin", "/adminx", "/etc/passwd", "//", "/sign-in/x", "/healthz/", "/apix"])
def test_a_path_without_a_rule_is_nobodys(path: str) -> None:
    assert access_to(path) in (None, "signed_in")
    assert access_to(path) != "public"


def test_the_start_is_refused_when_a_route_has_no_rule() -> None:
    app = FastAPI(openapi_url=None)
    app.add_api_route("/api/opencode/x", endpoint)
    app.add_api_route("/backdoor", endpoint)
    with pytest.raises(UncoveredRoutes, match="/backdoor"):
        check_routes(app.routes)


def test_mounts_and_sockets_need_a_rule_too() -> None:
    inner = Starlette(routes=[Route("/x", endpoint)])
    with pytest.raises(UncoveredRoutes, match="/files/x, /socket"):
        check_routes([Mount("/files", app=inner), WebSocketRoute("/socket", endpoint)])


def test_covered_routes_pass() -> None:
    check_routes([Route("/admin/chats/{session_id}", endpoint), Mount("/static", app=Starlette())])
