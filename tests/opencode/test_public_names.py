from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import TYPE_CHECKING

import sprintagen.opencode as package
from sprintagen.opencode import errors, events, ids, models

if TYPE_CHECKING:
    import types

FOLDER = Path(package.__file__).parent


def importable(module: types.ModuleType) -> list[str]:
    """What `from module import name` can give, apart from its own modules."""
    return sorted(
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and not inspect.ismodule(value) and name != "annotations"
    )


def test_all_is_sorted_and_is_what_can_be_imported():
    for module in (package, models):
        assert module.__all__ == sorted(module.__all__)
        assert importable(module) == module.__all__


def test_every_error_event_model_and_id_is_public():
    for module in (errors, events, ids):
        own = {
            name
            for name, value in vars(module).items()
            if inspect.isclass(value) and value.__module__ == module.__name__ and not name.startswith("_")
        }
        assert own <= set(package.__all__)
    assert set(models.__all__) <= set(package.__all__)


def test_the_package_stands_on_httpx_websockets_and_pydantic_alone():
    allowed = {"httpx", "pydantic", "pydantic_core", "websockets"}
    import sys

    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            for name in names:
                top = name.partition(".")[0]
                assert name.startswith("sprintagen.opencode") or top in allowed | sys.stdlib_module_names, (path, name)


def test_every_module_says_what_it_is():
    for path in FOLDER.rglob("*.py"):
        assert ast.get_docstring(ast.parse(path.read_text())), path
