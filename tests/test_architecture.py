"""The rules of the house that a program can check: who imports whom, and that the words follow the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sprintagen.config import Settings

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "sprintagen"

# Each room may import the rooms named here, itself, and whatever third parties are not forbidden to it.
ALLOWED = {
    "config": {"errors", "root_path", "secret_files"},
    "root_path": set(),
    "request_id": set(),
    "log_lines": {"request_id"},
    "content_policy": set(),
    "secret_files": set(),
    "errors": set(),
    "token": {"config", "errors"},
    "opencode": set(),
    "db": {"errors"},
    "managed": {"errors", "opencode"},
    "demo": set(),
    "password": {"config", "errors"},
    "services": {"request_id", "config", "errors", "password", "opencode", "db", "managed"},
    "export": {"services", "opencode.models", "opencode.ids", "ui/theme"},
    "api": {"content_policy", "errors", "root_path", "request_id", "export", "services", "opencode.errors",
            "opencode.models",
            "opencode.ids", "opencode.events"},
    "ui/kit": set(),
    "ui/addresses": {"root_path"},
    "ui/inline_script": {"content_policy"},
    "ui/theme": {"ui/kit", "ui/addresses", "ui/inline_script"},
    "ui/report": {"errors", "opencode.errors"},
    "ui/chats/parts": {"ui/kit", "ui/chats/tools", "opencode.models", "opencode.ids", "services.session_view"},
    "ui/chats/tools": {"ui/kit", "ui/chats/todo_list", "opencode.models", "opencode.ids", "services.session_view"},
    "ui/chats/todo_list": {"ui/kit", "opencode.models"},
    "ui/away_note": {"ui/inline_script"},
    "ui/page_context": {"ui/kit", "ui/report", "services"},
    "ui/reloading": {"ui/page_context"},
    "ui/settings": {"ui/away_note", "ui/kit", "ui/addresses", "ui/theme", "ui/report", "ui/page_context",
                    "ui/reloading", "services", "opencode.models"},
    "ui/chats": {"ui/away_note", "ui/kit", "ui/addresses", "ui/inline_script", "ui/theme", "ui/report",
                 "ui/page_context", "ui/reloading",
                 "ui/chats/parts", "ui/chats/tools", "errors", "services", "opencode.models", "opencode.ids",
                 "opencode.errors"},
    "ui/gallery": {"ui/chats/failure", "ui/addresses", "ui/inline_script", "ui/chats/parts", "ui/chats/tools",
                   "ui/kit", "ui/theme", "services", "opencode.models", "opencode.ids"},
    "ui": {"root_path", "ui/chats", "ui/gallery", "ui/settings", "ui/kit", "ui/theme", "ui/report", "services"},
    "desktop": set(),
    "window_needs": set(),
    "doctor_door": {"config"},
    "doctor": {"doctor_door", "config", "errors", "opencode", "db", "managed", "token", "window_needs"},
    "sockets": {"request_id", "services", "api"},
    "leaving": set(),
    "patience": set(),
    "remembering": {"root_path"},
    "app": {"config", "root_path", "errors", "services", "api", "ui", "sockets", "leaving", "remembering"},
}  # fmt: skip
FORBIDDEN: dict[str, Callable[[str], bool]] = {
    "httpx": lambda room: room != "opencode",
    "websockets": lambda room: room != "opencode",
    "tortoise": lambda room: room != "db",
    "nicegui": lambda room: room in ("config", "errors", "opencode", "db", "managed", "demo"),
    "prometheus_client": lambda room: room != "services",
    "argon2": lambda room: room != "password",
    "fastapi": lambda room: room not in ("api", "app", "serving") and not room.startswith("ui/chats"),
}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "sample" not in path.parts)


def room_of(parts: tuple[str, ...]) -> str:
    name = "/".join(parts)
    rooms = sorted((room for room in ALLOWED if name == room or name.startswith(f"{room}/")), key=len)
    return rooms[-1] if rooms else name


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= inner if _is_package(node.module) else {node.module}
    return names


def _is_package(name: str) -> bool:
    return name == "sprintagen" or (ROOT / Path(*name.split(".")) / "__init__.py").exists()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_its_room_may(path: Path) -> None:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    room = room_of(parts)
    for name in imported(path):
        top, *rest = name.split(".")
        if top in FORBIDDEN:
            assert not FORBIDDEN[top](room), f"{room} may not import {top}"
        if top != "sprintagen" or room not in ALLOWED or not rest or rest[0] == "__version__":
            continue
        target = ".".join(rest)
        allowed = {room, *ALLOWED[room]}
        prefixes = [entry.replace("/", ".") for entry in allowed]
        fits = any(target == prefix or target.startswith(f"{prefix}.") for prefix in prefixes)
        assert fits, f"{room} may not import sprintagen.{target}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_says_what_lives_in_it(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not tree.body or ast.get_docstring(tree), "a module opens with one paragraph: what lives here"


def test_a_module_is_small() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in MODULES}
    too_long = {path: lines for path, lines in lengths.items() if lines > 420}
    assert not too_long, f"look for a seam in {too_long}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_waits_in_a_way_that_can_be_cancelled(path: Path) -> None:
    """`asyncio.wait_for` of Python 3.11 forgets a cancellation that comes together with what it waits for."""
    assert "asyncio.wait_for(" not in path.read_text(encoding="utf-8"), "use asyncio.timeout"


def test_env_example_has_every_setting_with_its_default() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    written = dict(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=(.*)$", text, flags=re.MULTILINE))
    fields = {name.upper(): field for name, field in Settings.model_fields.items()}
    assert not set(fields) - set(written), "settings that .env.example lacks"
    for name, field in fields.items():
        if isinstance(field.default, str | int):
            assert written[name] == str(field.default), f"{name}: .env.example says {written[name]!r}"


def test_readme_has_every_setting() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [name.upper() for name in Settings.model_fields if name.upper() not in text]
    assert not missing
