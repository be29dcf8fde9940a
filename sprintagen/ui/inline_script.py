"""Scripts written into the page that is being drawn, which run because they carry its nonce (`content_policy`)."""

from __future__ import annotations

from nicegui import context

from sprintagen.content_policy import nonce_of


def inline_script(text: str) -> str:
    """The element for a script of ours, never for anybody else's text."""
    client = context.client
    nonce = nonce_of(client.request.scope) if client._request is not None else ""
    return f'<script nonce="{nonce}">{text}</script>'
