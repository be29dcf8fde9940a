from __future__ import annotations

import re

import pytest

from sprintagen.ui import theme

TEXTS = ("text", "text-soft", "text-faint", "accent", "green", "amber", "red")
CODES = ("code-comment", "code-keyword", "code-string", "code-number", "code-title", "code-type", "code-cyan")
PAIRS = [
    *((text, ground) for text in TEXTS for ground in ("frame", "surface", "raised")),
    *((text, "sunken") for text in ("text", "text-soft", "text-faint")),
    *((text, "surface") for text in CODES),
    *((text, ground) for text in CODES if text != "code-comment" for ground in ("green-soft", "red-soft")),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("surface", "red"),
    ("surface", "text"),
    ("amber", "amber-soft"),
    ("text", "amber-soft"),
    ("text-soft", "amber-soft"),
    ("text-soft", "red-soft"),
    ("text-soft", "green-soft"),
    *(("surface", ground) for ground in ("green", "amber", "code-title", "code-type", "code-cyan")),
    ("red", "red-soft"),
    ("text", "green-soft"),
    ("text", "accent-soft"),
    ("text-soft", "accent-soft"),
]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_can_be_read_on_its_ground(palette: dict[str, str], text: str, ground: str) -> None:
    high, low = sorted((luminance(palette[text]), luminance(palette[ground])), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_both_themes_have_the_same_tokens() -> None:
    assert theme.LIGHT.keys() == theme.DARK.keys()


def test_style_sheets_and_components_name_no_colour_of_their_own() -> None:
    files = [*theme.STATIC.glob("*.css"), *(theme.STATIC.parent / "ui").rglob("*.js")]
    found = {
        f"{path.name}: {match[0]}"
        for path in files
        for match in re.finditer(r"#[0-9a-f]{3,8}\b(?!\w)|\b(?:rgb|hsl)a?\(", path.read_text(encoding="utf-8"))
        if match[0] != "#000"  # opaque, in a mask
    }
    assert not found


def test_style_sheets_use_only_tokens_that_exist() -> None:
    by_code = {"depth", "digits", "list-width", "share", "side-width"}
    sheets = "".join(path.read_text() for path in theme.STATIC.glob("*.css"))
    declared = set(re.findall(r"--([a-z-]+):", sheets))
    assert set(re.findall(r"var\(--([a-z-]+)", sheets)) - declared - by_code <= theme.LIGHT.keys()


def test_style_sheets_ask_for_nothing_from_elsewhere() -> None:
    for path in theme.STATIC.glob("*.css"):
        assert not re.search(r"@import|url\(", path.read_text()), path.name


def test_an_unknown_theme_follows_the_system() -> None:
    assert theme.as_theme("dark") == "dark"
    assert theme.as_theme("</script>") == "system"
    assert theme.as_theme(None) == "system"
