"""`/api/opencode/docs`: the API's OpenAPI document as a plain page.

The usual viewers load themselves from somebody else's server, and nothing of ours may: so the page is drawn here,
from the document that `/api/opencode/openapi.json` serves to tools.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse

from sprintagen.api.errors import Problem
from sprintagen.api.guard import COOKIE

if TYPE_CHECKING:
    from collections.abc import Iterator

router = APIRouter(include_in_schema=False)

_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def describe(api: FastAPI) -> None:
    """Makes the API's OpenAPI document say what routes alone cannot: how to sign in, and that errors are problems."""
    generate = api.openapi

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            _complete(generate())
        return generate()

    api.openapi = openapi  # type: ignore[method-assign]


def _complete(document: dict[str, Any]) -> None:
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's own, which we never answer
        schemas.pop(name, None)
    schemas |= problem.pop("$defs", {}) | {"Problem": problem}
    document["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "SPRINTAGEN_TOKEN, or the generated token."},
        "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "What signing in sets."},
    }
    document["security"] = [{"token": []}, {"session": []}]
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = {"description": "A problem, with a stable `code`.", "content": _PROBLEM}


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """Every operation with its parameters, its body and its answer."""
    document: dict[str, Any] = request.app.openapi()
    title = escape(document["info"]["title"])
    head = f"<h1>{title} <small>{escape(document['info']['version'])}</small></h1>"
    intro = f"<p>{escape(document['info'].get('description', ''))} <a href='openapi.json'>openapi.json</a></p>"
    body = "".join(
        _operation(method, path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    )
    schemas = "".join(_schema(name, schema) for name, schema in document["components"]["schemas"].items())
    page = "<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport content='width=device-width'>"
    return HTMLResponse(
        f"{page}<title>{title}</title><style>{_CSS}</style></head>"
        f"<body>{head}{intro}{body}<h2>Schemas</h2>{schemas}</body></html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(item['name'])}</code><td>{item['in']}<td>{_type(item['schema'])}"
        f"<td>{escape(item.get('description', ''))}</tr>"
        for item in operation.get("parameters", [])
    )
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    answers = "".join(
        f"<li><code>{status}</code> {_type(_content(answer))}"
        for status, answer in operation["responses"].items()
        if status != "default"
    )
    return (
        f"<section><h3><b class={method}>{method.upper()}</b> <code>{escape(path)}</code></h3>"
        f"<p>{escape(operation.get('description', ''))}</p>"
        + (f"<table>{rows}</table>" if rows else "")
        + (f"<p>Body: {_type(body)}</p>" if body else "")
        + f"<ul>{answers}</ul></section>"
    )


def _content(answer: dict[str, Any]) -> dict[str, Any]:
    schemas: Iterator[dict[str, Any]] = (media.get("schema", {}) for media in answer.get("content", {}).values())
    return next(schemas, {})


def _schema(name: str, schema: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(key)}</code><td>{_type(value)}<td>{escape(value.get('description', ''))}</tr>"
        for key, value in schema.get("properties", {}).items()
    )
    return (
        f"<section id={escape(name)}><h3>{escape(name)}</h3><p>{escape(schema.get('description', ''))}</p>"
        f"<table>{rows}</table></section>"
    )


def _type(schema: dict[str, Any] | None) -> str:
    if not schema:
        return "—"
    if reference := schema.get("$ref"):
        name = escape(reference.rsplit("/", 1)[-1])
        return f"<a href='#{name}'>{name}</a>"
    if alternatives := schema.get("anyOf"):
        return " or ".join(_type(item) for item in alternatives)
    if values := schema.get("enum"):
        return " · ".join(escape(str(value)) for value in values)
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items'))}"
    return escape(str(schema.get("format") or schema.get("type") or schema.get("const") or "any"))


_CSS = """
:root { color-scheme: light dark; --line: #8884 }
body { max-width: 50rem; margin: 32px auto; padding: 0 16px; font: 14px/22px system-ui, sans-serif }
section { border-top: 1px solid var(--line); padding: 12px 0 } h3 { margin: 0; font-size: 14px; font-weight: 600 }
code { font: 12.5px/19px ui-monospace, monospace } table { border-collapse: collapse; margin: 8px 0; width: 100% }
td { padding: 4px 12px 4px 0; vertical-align: top; border-top: 1px solid var(--line) } p { margin: 4px 0 }
small { font-weight: 400; opacity: .7 } ul { margin: 4px 0; padding-left: 20px }
"""
