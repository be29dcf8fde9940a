"""The native window: what it needs, what is missing, how large it is. Nothing else knows that it is a window."""

from __future__ import annotations

import multiprocessing
import os
import sys
from importlib.util import find_spec

from nicegui import app

WINDOW_SIZE = (1280, 840)


def native_problem() -> str | None:
    """What keeps a native window from opening here, with what to do about it; None: nothing we can see."""
    if find_spec("webview") is None:
        return "pywebview is not installed: pip install 'sprintagen[native]'"
    if sys.platform != "linux":
        return None
    if not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        return "there is no display (DISPLAY and WAYLAND_DISPLAY are unset)"
    has_qt = find_spec("PyQt6") is not None and find_spec("PyQt6.QtWebEngineWidgets") is not None
    if not has_qt and find_spec("gi") is None:
        return "neither Qt WebEngine nor GTK WebKit is installed: pip install PyQt6 PyQt6-WebEngine QtPy"
    return None


def prepare_window(link: str) -> None:
    """Makes the window, which NiceGUI opens in a process of its own, start at the signed-in link."""
    app.native.window_args["url"] = link
    app.native.window_args["min_size"] = (390, 560)
    app.native.settings["ALLOW_DOWNLOADS"] = True


def close_window() -> None:
    """Ends the window's process, which a stopped server would otherwise leave open."""
    for child in multiprocessing.active_children():
        child.terminate()
