"""Serve the page on fake services: `python -m tests.ui.run_fake [PORT]`, then open /admin/chats.

A test in another process pulls the strings with `POST /fake` {"call": "delta", "args": [...], "kwargs": {...}}, which
calls that method of `FakeServices`, and reads what the person did from `GET /fake/calls`.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse
from nicegui import app, ui
from pydantic import BaseModel

from sprintagen import ui as doors
from sprintagen.leaving import unless_left
from tests.ui import canned
from tests.ui.fake_services import FakeServices


def main(port: int) -> None:
    fake = FakeServices()
    canned.fill(fake, many=int(os.environ.get("FAKE_SESSIONS", "0")))
    doors.register(fake.services)
    app.on_startup(fake.shedding.start)

    @app.post("/fake")
    async def pull(request: Request) -> JSONResponse:
        order = await request.json()
        target: Any = fake
        *way, name = order["call"].split(".")
        for step in way:
            target = getattr(target, step)
        if "value" in order:
            setattr(target, name, order["value"])
            return JSONResponse(None)
        result = getattr(target, name)(*order.get("args", []), **order.get("kwargs", {}))
        if hasattr(result, "__await__"):
            result = await result
        return JSONResponse(result if isinstance(result, str | int | None) else str(result))

    @app.get("/fake/calls")
    def calls() -> list[Any]:
        return [[_plain(value) for value in call] for call in fake.calls]

    build_pages = app.build_middleware_stack
    app.build_middleware_stack = lambda: unless_left(build_pages())  # type: ignore[method-assign]
    ui.run(
        host="127.0.0.1",
        port=port,
        show=False,
        reload=False,
        tailwind=False,
        title="sprintagen",
        show_welcome_message=False,
        reconnect_timeout=30,
    )


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            key: _plain(item)
            for key, item in ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
        }
    return value.model_dump() if isinstance(value, BaseModel) else value


if __name__ in {"__main__", "__mp_main__"}:
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8123)
