"""What a browser wants to know before it installs the page as an app: `/manifest.webmanifest` and its icons.

Both are served to anybody, since browsers fetch them without the session's cookie; they say nothing that the sign-in
page does not. There is no service worker: nothing of a live page is of use without its server, and browsers install
without one.
"""

from __future__ import annotations

import json
from typing import Any, Final

from nicegui import app
from starlette.requests import Request  # noqa: TC002  # FastAPI asks for the names of annotations
from starlette.responses import Response

from sprintagen.root_path import root_of
from sprintagen.ui import theme

MANIFEST: Final = "/manifest.webmanifest"
ICONS: Final = "/icons"
MAX_AGE: Final = 86_400
"""Seconds a browser may keep an icon, whose address stays the same over versions."""


def manifest(root: str = "") -> dict[str, Any]:
    """The web app manifest of what lives under a root path."""
    return {
        "id": f"{root}/admin/chats",
        "name": "sprintagen",
        "short_name": "sprintagen",
        "description": "Work with the opencode agent on your own repositories.",
        "lang": "en",
        "start_url": f"{root}/admin/chats",
        "scope": f"{root}/",
        "display": "standalone",
        "background_color": theme.LIGHT["frame"],
        "theme_color": theme.LIGHT["frame"],  # until the page is there, whose own metas know the theme in force
        "categories": ["developer", "productivity"],
        "icons": [
            {"src": f"{root}{ICONS}/{name}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for name, size, purpose in (
                ("icon-192", 192, "any"),
                ("icon-512", 512, "any"),
                ("maskable-512", 512, "maskable"),
            )
        ],
        "shortcuts": [{"name": "Settings", "url": f"{root}/admin/settings"}],
    }


def register() -> None:
    """Add the manifest and the icons."""

    @app.get(MANIFEST, include_in_schema=False)
    async def web_app_manifest(request: Request) -> Response:
        return Response(json.dumps(manifest(root_of(request.scope))), media_type="application/manifest+json")

    app.add_static_files(ICONS, theme.STATIC / "icons", max_cache_age=MAX_AGE)
