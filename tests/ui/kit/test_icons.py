from __future__ import annotations

import re
from pathlib import Path

import pytest
from nicegui import ui
from nicegui.testing import User

from sprintagen.ui.kit.icons import NAMES, SPRITE, Icon

UI = Path(__file__).parents[3] / "sprintagen" / "ui"


def test_every_icon_that_is_named_somewhere_is_drawn() -> None:
    named: set[str] = set()
    for path in UI.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        named |= set(re.findall(r'\bicon(?:: ClassVar\[str\])? ?= ?"([a-z-]+)"', text))
        named |= set(re.findall(r'\b(?:Icon|note)\("([a-z-]+)"', text))
    for path in UI.rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        named |= set(re.findall(r'href="#i-([a-z-]+)"', text)) | set(re.findall(r'icon: "([a-z-]+)"', text))
    assert len(named) > 30
    assert named <= NAMES


def test_the_sprite_holds_shapes_only() -> None:
    assert set(re.findall(r"<([a-z]+)", SPRITE)) <= {"svg", "symbol", "path", "circle", "rect"}


async def test_a_name_that_is_none_is_refused(user: User) -> None:
    @ui.page("/")
    def page() -> None:
        with pytest.raises(ValueError, match="no icon"):
            Icon("unicorn")

    await user.open("/")
