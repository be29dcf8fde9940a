"""The one place for colours, type and the page's frame: design tokens as CSS variables, in light and dark.

Style sheets and components use the variables only; a colour written anywhere else is a mistake. The theme is an
attribute of `<html>`: `data-theme="light"` or `"dark"`, absent while it follows the system. Contrast of every text
token on every surface token is at least 4.5 to 1 (a test computes it).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from nicegui import app, ui

from sprintagen.ui.addresses import address, root
from sprintagen.ui.inline_script import inline_script
from sprintagen.ui.kit import icons

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Theme = Literal["system", "light", "dark"]
THEMES: tuple[Theme, ...] = get_args(Theme)
LABELS: dict[Theme, tuple[str, str]] = {
    "system": ("System", "monitor"),
    "light": ("Light", "sun"),
    "dark": ("Dark", "moon"),
}
"""What each is called where a person chooses, and its icon."""

Density = Literal["comfortable", "compact"]
DENSITIES: tuple[Density, ...] = get_args(Density)
DENSITY_LABELS: dict[Density, tuple[str, str]] = {
    "comfortable": ("Comfortable", "rows"),
    "compact": ("Compact", "rows-tight"),
}
"""How much room rows and texts have; the sheets know it as `data-density` and change variables by it, nothing else."""


Keys = Literal["all", "combined"]
KEYS: tuple[Keys, ...] = get_args(Keys)
KEYS_LABELS: dict[Keys, tuple[str, str]] = {
    "all": ("Every key, single characters too", "keyboard"),
    "combined": ("None that is a single character", "keyboard-off"),
}
"""Which keys on the keyboard give commands: who dictates gives those of one character without meaning to."""


class Look(NamedTuple):
    """What a person chose of how pages look, and which keys they listen to."""

    theme: Theme = "system"
    """"system" follows the browser."""
    density: Density = "comfortable"
    keys: Keys = "all"


STATIC = Path(__file__).parents[1] / "static"
LANGUAGE: Literal["en-US"] = "en-US"
"""Of every page's own words."""
STYLE_SHEETS = ("base.css", "kit.css", "chats.css", "tools.css", "commands.css", "changes.css", "files.css")
"""Of every page; a page may have more of its own."""

LIGHT = {
    "frame": "#f6f6f7",  # header and session list
    "surface": "#ffffff",  # the chat
    "raised": "#ffffff",  # cards, menus, the composer
    "sunken": "#f2f2f4",  # the person's bubble, code
    "line": "#e7e7ea",
    "line-strong": "#d3d3d9",
    "hover": "rgb(24 24 32 / 5%)",
    "press": "rgb(24 24 32 / 9%)",
    "selected": "rgb(88 72 196 / 11%)",
    "text": "#1c1c21",
    "text-soft": "#54545e",
    "text-faint": "#6b6b76",
    "accent": "#5848c4",
    "accent-strong": "#4636ad",
    "accent-soft": "#efedfb",
    "on-accent": "#ffffff",
    "ring": "rgb(88 72 196 / 16%)",
    "green": "#1d7443",
    "green-soft": "#e6f4ea",
    "amber": "#8a5200",
    "amber-soft": "#fdf3e1",
    "amber-line": "#ecd3a3",
    "red": "#b3261e",
    "red-soft": "#fcecea",
    "red-line": "#f0c4c0",
    "dot-amber": "#d98200",
    "shade": "rgb(20 20 28 / 32%)",
    "shadow-small": "0 1px 2px rgb(20 20 28 / 5%)",
    "shadow": "0 0 0 1px rgb(20 20 28 / 6%), 0 8px 28px rgb(20 20 28 / 12%)",
    "code-comment": "#6b6b76",
    "code-keyword": "#5848c4",
    "code-string": "#1d7443",
    "code-number": "#8a5200",
    "code-title": "#0b5f8f",
    "code-type": "#8d3a76",
    "code-cyan": "#0a6c74",
}

DARK = {
    "frame": "#161618",
    "surface": "#1b1b1e",
    "raised": "#232327",
    "sunken": "#27272b",
    "line": "#2f2f34",
    "line-strong": "#434349",
    "hover": "rgb(255 255 255 / 6%)",
    "press": "rgb(255 255 255 / 10%)",
    "selected": "rgb(167 155 255 / 16%)",
    "text": "#ececef",
    "text-soft": "#b4b4bd",
    "text-faint": "#9a9aa4",
    "accent": "#a79bff",
    "accent-strong": "#bcb3ff",
    "accent-soft": "#2b2845",
    "on-accent": "#16132b",
    "ring": "rgb(167 155 255 / 22%)",
    "green": "#6fcf97",
    "green-soft": "#1c3226",
    "amber": "#eab464",
    "amber-soft": "#332814",
    "amber-line": "#584521",
    "red": "#f5958d",
    "red-soft": "#3a2120",
    "red-line": "#643634",
    "dot-amber": "#e8a33d",
    "shade": "rgb(0 0 0 / 55%)",
    "shadow-small": "0 1px 2px rgb(0 0 0 / 30%)",
    "shadow": "0 0 0 1px rgb(255 255 255 / 8%), 0 10px 32px rgb(0 0 0 / 50%)",
    "code-comment": "#9a9aa4",
    "code-keyword": "#b9afff",
    "code-string": "#86d3a6",
    "code-number": "#eab464",
    "code-title": "#82c4ee",
    "code-type": "#e3a3cf",
    "code-cyan": "#7fd0d4",
}


def tokens_css() -> str:
    """The variables: light first, dark where the person or the system asks for it."""
    light, dark = (";".join(f"--{name}:{value}" for name, value in palette.items()) for palette in (LIGHT, DARK))
    return (
        f":root{{color-scheme:light;{light}}}"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}"
        f":root[data-theme=dark]{{color-scheme:dark;{dark}}}"
    )


def serve_static(version: str) -> None:
    """Serve `static/` under a URL that changes with the version, so that browsers may keep it for ever."""
    app.add_static_files(f"/static/{version}", STATIC, max_cache_age=31_536_000)


def dress_page(
    *,
    title: str,
    version: str,
    look: Look,
    variables: dict[str, str] | None = None,
    sheets: tuple[str, ...] = (),
) -> None:
    """Give the page being built its title, tokens, style sheets and icons, before anything is painted.

    Args:
        title: What the browser's tab says.
        version: The version `serve_static` was called with.
        look: Chosen by the person.
        variables: More CSS variables for `:root`, for example a remembered width. Numbers and units only.
        sheets: Style sheets of this page alone.
    """
    ui.page_title(title)
    more = "".join(f"--{name}:{value};" for name, value in (variables or {}).items())
    static = address(f"/static/{version}")
    links = f'<meta name="sprintagen-static" content="{static}">'
    links += "".join(f'<link rel="stylesheet" href="{static}/{name}">' for name in (*STYLE_SHEETS, *sheets))
    script = inline_script(f"window.path_prefix = {json.dumps(root())};{_set_look(look)}")
    ui.add_head_html(f"{script}<style>{tokens_css()}:root{{{more}}}</style>{links}{_frame_metas(look.theme)}{_app()}")
    ui.add_body_html(icons.SPRITE)


def frame_colours(theme: Theme) -> tuple[str, str]:
    """The colour of the window's frame while the system is light, and while it is dark."""
    light, dark = LIGHT["frame"], DARK["frame"]
    return {"system": (light, dark), "light": (light, light), "dark": (dark, dark)}[theme]


def _app() -> str:
    """See `web_app`."""
    return (
        f'<link rel="manifest" href="{address("/manifest.webmanifest")}">'
        f'<link rel="apple-touch-icon" href="{address("/icons/apple-touch-icon.png")}">'
        '<meta name="apple-mobile-web-app-title" content="sprintagen">'
    )


def _frame_metas(theme: Theme) -> str:
    return "".join(
        f'<meta name="theme-color" media="(prefers-color-scheme: {scheme})" content="{colour}">'
        for scheme, colour in zip(("light", "dark"), frame_colours(theme), strict=True)
    )


def as_theme(value: Any) -> Theme:
    """What a preference or a browser says, or "system"."""
    return next((theme for theme in THEMES if theme == value), "system")


def as_density(value: Any) -> Density:
    """What a preference or a browser says, or "comfortable"."""
    return next((density for density in DENSITIES if density == value), "comfortable")


def as_keys(value: Any) -> Keys:
    """What a preference or a browser says, or "all"."""
    return next((keys for keys in KEYS if keys == value), "all")


async def recall_look(recall: Callable[[str], Awaitable[Any]]) -> Look:
    """The look as it was remembered, under the names of `Look`'s fields."""
    return Look(as_theme(await recall("theme")), as_density(await recall("density")), as_keys(await recall("keys")))


def switch_look(look: Look) -> None:
    """Change the look of the page in front of the person, at once; who measures rows hears `sprintagen:look`."""
    ui.run_javascript(
        f"{_set_look(look)};const colours={json.dumps(frame_colours(look.theme))};"
        "document.querySelectorAll('meta[name=theme-color]').forEach((meta, i) => (meta.content = colours[i]));"
        "dispatchEvent(new Event('sprintagen:look'))"
    )


def _set_look(look: Look) -> str:
    chosen = "delete d.theme" if look.theme == "system" else f'd.theme="{look.theme}"'
    return f'{{const d=document.documentElement.dataset;{chosen};d.density="{look.density}";d.keys="{look.keys}"}}'
