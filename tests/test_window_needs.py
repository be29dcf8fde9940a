"""What keeps a native window from opening, told per system with what to install."""

from __future__ import annotations

import ctypes
import importlib
import sys
from types import SimpleNamespace

import pytest

from sprintagen import window_needs


class Machine:
    """What a system has, as `window_needs` asks for it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.modules = {"webview"}
        self.webkit: set[str] = set()
        self.libraries: set[str] = set()
        monkeypatch.setattr(window_needs, "find_spec", lambda name: name if name in self.modules else None)
        monkeypatch.setattr(importlib, "import_module", self._import)
        monkeypatch.setattr(ctypes, "CDLL", self._load)
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
            monkeypatch.delenv(name, raising=False)
        self.runs("linux")

    def runs(self, system: str) -> None:
        self._monkeypatch.setattr(sys, "platform", system)

    def shows(self, variable: str, value: str = ":0") -> None:
        self._monkeypatch.setenv(variable, value)

    def said(self) -> str:
        found = window_needs.missing()
        return "" if found is None else f"{found.what}: {found.advice}"

    def _import(self, name: str) -> SimpleNamespace:
        if name not in self.modules:
            raise ImportError(name)
        return SimpleNamespace(require_version=self._require)

    def _require(self, _name: str, version: str) -> None:
        if version not in self.webkit:
            raise ValueError(version)

    def _load(self, name: str) -> None:
        if name not in self.libraries:
            raise OSError(name)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_without_pywebview_every_system_is_told_the_extra(machine: Machine, system: str) -> None:
    machine.runs(system)
    machine.modules.clear()

    assert machine.said() == "pywebview is not installed: pip install 'sprintagen[native]'"


@pytest.mark.parametrize(
    ("system", "module", "package"),
    [("darwin", "WebKit", "pip install pyobjc-framework-WebKit"), ("win32", "clr", "pip install pythonnet")],
)
def test_macos_and_windows_are_told_the_package_that_draws(
    machine: Machine, system: str, module: str, package: str
) -> None:
    machine.runs(system)
    assert package in machine.said()

    machine.modules.add(module)
    assert machine.said() == ""


def test_linux_needs_a_display_before_anything_to_draw_with(machine: Machine) -> None:
    assert "no display" in machine.said()

    machine.shows("DISPLAY")
    assert "neither GTK WebKit nor Qt WebEngine" in machine.said()


def test_without_a_toolkit_debian_and_fedora_are_told_their_packages(machine: Machine) -> None:
    machine.shows("WAYLAND_DISPLAY")

    for words in ("pip install 'pywebview[qt]'", "gir1.2-webkit2-4.1", "dnf install", "--system-site-packages"):
        assert words in machine.said()


@pytest.mark.parametrize("version", ["4.1", "4.0"])
def test_gtk_counts_only_with_a_webkit(machine: Machine, version: str) -> None:
    machine.shows("DISPLAY")
    machine.modules.add("gi")
    assert "neither" in machine.said()

    machine.webkit.add(version)
    assert machine.said() == ""


def test_qt_on_x_names_the_libraries_of_the_system_it_lacks(machine: Machine) -> None:
    machine.shows("DISPLAY")
    machine.modules |= {"PyQt6", "PyQt6.QtWebEngineWidgets"}
    assert "neither" in machine.said()  # pywebview reaches Qt through QtPy

    machine.modules.add("qtpy")
    assert "libxcb-cursor0" in machine.said()
    assert "xcb-util-cursor" in machine.said()

    machine.libraries |= set(window_needs.QT_ON_X) - {"libxcb-keysyms.so.1"}
    assert "(libxcb-keysyms.so.1)" in machine.said()

    machine.libraries.add("libxcb-keysyms.so.1")
    assert machine.said() == ""


def test_qt_on_wayland_does_without_it(machine: Machine) -> None:
    machine.modules |= {"qtpy", "PySide6", "PySide6.QtWebEngineWidgets"}
    machine.shows("WAYLAND_DISPLAY", "wayland-0")

    assert machine.said() == ""
