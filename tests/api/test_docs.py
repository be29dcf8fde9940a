"""The OpenAPI document and the page drawn from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.api.conftest import Wire

ROUTES = {
    "/health": {"get"}, "/auth": {"post"}, "/sessions": {"get", "post"}, "/agents": {"get"}, "/models": {"get"},
    "/sessions/{session_id}": {"get", "patch", "delete"}, "/sessions/{session_id}/messages": {"get", "post"},
    "/sessions/{session_id}/abort": {"post"}, "/sessions/{session_id}/todo": {"get"}, "/events": {"get"},
    "/sessions/{session_id}/diff": {"get"}, "/sessions/{session_id}/changes": {"get"},
    "/sessions/{session_id}/search": {"get"},
    "/permissions/{permission_id}": {"post"}, "/permissions": {"get"},
    "/questions/{question_id}": {"post"}, "/questions": {"get"}, "/commands": {"get"}, "/files": {"get"},
    "/files/list": {"get"}, "/files/content": {"get"}, "/files/search": {"get"},
    "/sessions/{session_id}/queue": {"get"}, "/sessions/{session_id}/queue/{prompt_id}": {"patch", "delete"},
    "/sessions/{session_id}/queue/{prompt_id}/send-now": {"post"},
    "/sessions/{session_id}/queue/{prompt_id}/retry": {"post"}, "/uploads": {"post"}, "/uploads/{upload_id}": {"get"},
    "/sessions/{session_id}/revert": {"get", "post"}, "/sessions/{session_id}/revert/preview": {"get"},
    "/sessions/{session_id}/redo": {"post"}, "/sessions/{session_id}/unrevert": {"post"},
    "/sessions/{session_id}/messages/{message_id}/resend": {"post"},
    "/sessions/{session_id}/fork": {"post"}, "/sessions/{session_id}/compact": {"post"},
    "/sessions/{session_id}/move": {"post"},
    "/sessions/{session_id}/share": {"post", "delete"}, "/sessions/{session_id}/export": {"get"},
    "/deletions": {"get"}, "/sessions/{session_id}/deletion": {"post", "delete"}, "/pins": {"get"},
    "/sessions/{session_id}/pin": {"put", "delete"}, "/pty": {"get", "post"}, "/pty/{pty_id}": {"patch", "delete"},
}  # fmt: skip


async def test_every_route_is_documented(wired: httpx.AsyncClient) -> None:
    document = (await wired.get("openapi.json")).json()
    found = {path.removeprefix("/api/opencode"): set(operations) for path, operations in document["paths"].items()}
    assert found == ROUTES
    assert set(document["components"]["securitySchemes"]) == {"token", "session"}
    assert document["security"]


async def test_errors_are_documented_as_problems(wired: httpx.AsyncClient) -> None:
    document = (await wired.get("openapi.json")).json()
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["description"]
            assert "422" not in operation["responses"]
            assert "application/problem+json" in operation["responses"]["default"]["content"]
    assert {"code", "detail", "hint", "field"} <= set(document["components"]["schemas"]["Problem"]["properties"])
    assert "HTTPValidationError" not in document["components"]["schemas"]


async def test_every_reference_in_the_document_leads_somewhere(wired: httpx.AsyncClient) -> None:
    document = (await wired.get("openapi.json")).json()

    def references(value: object) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*(references(item) for item in value.values()))
        return set().union(*(references(item) for item in value)) if isinstance(value, list) else set()

    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) <= known


async def test_the_page_shows_every_route_and_loads_nothing(wire: Wire, wired: httpx.AsyncClient) -> None:
    answer = await wired.get("docs")
    assert answer.headers["content-type"].startswith("text/html")
    for path in ROUTES:
        assert f"<code>/api/opencode{path}</code>" in answer.text
    for outside in ("src=", "http://", "https://", "@import", "<link", "<script"):
        assert outside not in answer.text


@pytest.mark.parametrize("path", ["docs", "openapi.json"])
async def test_the_documentation_is_for_who_is_signed_in(wired: httpx.AsyncClient, path: str) -> None:
    assert (await wired.get(path, headers={"authorization": "Bearer no"})).status_code == 401
