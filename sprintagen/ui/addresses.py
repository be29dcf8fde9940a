"""Addresses of ours as the browser reaches them, which may be under a root path.

In a browser `window.path_prefix` is the same root. NiceGUI sets it once everything has been drawn, so a page's head
says it before (`theme.dress_page`). `ui.navigate` puts it before a path by itself.
"""

from __future__ import annotations

from nicegui import context

from sprintagen.root_path import root_of


def root() -> str:
    """The root path of the page that is being drawn; empty: there is none."""
    client = context.client
    return root_of(client.request.scope) if client._request is not None else ""


def address(path: str) -> str:
    """A path of ours, such as `/admin/chats`, for a link on the page that is being drawn."""
    return root() + path
