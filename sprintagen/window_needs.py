"""What a native window needs of this machine, and the words for what is missing. Imports no window and no NiceGUI."""

from __future__ import annotations

import ctypes
import importlib
import os
import sys
from dataclasses import dataclass
from importlib.util import find_spec

QT_ON_X = ("libxcb-cursor.so.0", "libxcb-icccm.so.4", "libxcb-image.so.0", "libxcb-keysyms.so.1",
           "libxcb-render-util.so.0", "libxkbcommon-x11.so.0")  # fmt: skip
"""What Qt's part for X is linked with and its wheels do not bring."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What keeps a window from opening."""

    what: str
    """Half a sentence: without a capital and without a full stop."""
    advice: str | None
    """What to do about it; None: nothing can be installed against it."""


def missing() -> Missing | None:
    """The first thing that keeps a native window from opening here; None: nothing we can see."""
    if find_spec("webview") is None:
        return Missing("pywebview is not installed", "pip install 'sprintagen[native]'")
    if sys.platform == "darwin" and find_spec("WebKit") is None:
        return Missing("pywebview has no WebKit to draw with", "pip install pyobjc-framework-WebKit")
    if sys.platform == "win32" and find_spec("clr") is None:
        return Missing("pywebview has no way to the window system of Windows", "pip install pythonnet")
    return _missing_on_linux() if sys.platform == "linux" else None


def _missing_on_linux() -> Missing | None:
    if not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        return Missing("there is no display (DISPLAY and WAYLAND_DISPLAY are unset)", None)
    if _has_gtk():
        return None
    if not _has_qt():
        return Missing(
            "pywebview has neither GTK WebKit nor Qt WebEngine to draw with",
            "pip install 'pywebview[qt]'; or GTK from the system, which a virtual environment sees only when made with "
            "--system-site-packages: on Debian and Ubuntu apt install python3-gi gir1.2-webkit2-4.1, "
            "on Fedora dnf install python3-gobject webkit2gtk4.1",
        )
    wants_x = not (os.environ.get("WAYLAND_DISPLAY") or os.environ.get("QT_QPA_PLATFORM"))
    absent = [library for library in QT_ON_X if not _loads(library)] if wants_x else []
    if absent:
        return Missing(
            f"Qt lacks libraries of the system ({', '.join(absent)})",
            "on Debian and Ubuntu apt install libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 "
            "libxcb-render-util0 libxkbcommon-x11-0, on Fedora dnf install xcb-util-cursor xcb-util-wm "
            "xcb-util-image xcb-util-keysyms xcb-util-renderutil libxkbcommon-x11",
        )
    return None


def _has_gtk() -> bool:
    """Whether GTK's bindings are here and know WebKit: the first come without the second."""
    try:
        gi = importlib.import_module("gi")
    except ImportError:
        return False
    for version in ("4.1", "4.0"):
        try:
            gi.require_version("WebKit2", version)
        except ValueError:
            continue
        return True
    return False


def _has_qt() -> bool:
    if find_spec("qtpy") is None:
        return False
    return any(find_spec(name) and find_spec(f"{name}.QtWebEngineWidgets") for name in ("PyQt6", "PySide6"))


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
