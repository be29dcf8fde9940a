"""The native window: where it starts, how large it is, how it ends. Nothing else knows that it is a window."""

from __future__ import annotations

import multiprocessing

from nicegui import app

WINDOW_SIZE = (1280, 840)


def prepare_window(link: str) -> None:
    """Makes the window, which NiceGUI opens in a process of its own, start at the signed-in link."""
    app.native.window_args["url"] = link
    app.native.window_args["min_size"] = (390, 560)
    app.native.settings["ALLOW_DOWNLOADS"] = True


def close_window() -> None:
    """Ends the window's process, which a stopped server would otherwise leave open."""
    for child in multiprocessing.active_children():
        child.terminate()
