"""The route /admin/gallery of the demo: each renderer in each state, in a wide column and in a narrow one beside it.

`?theme_name=dark` (or light) chooses the theme, `?only=NAME` one renderer; `?open=all` opens every row, `?open=none`
none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from sprintagen.opencode.models import MessageError
from sprintagen.ui import theme
from sprintagen.ui.addresses import address
from sprintagen.ui.chats.failure import draw_failure
from sprintagen.ui.chats.parts.registry import draw_part
from sprintagen.ui.chats.tools.base import RenderContext
from sprintagen.ui.gallery.part_samples import part_groups
from sprintagen.ui.gallery.samples import MESSAGE, Group, Sample
from sprintagen.ui.gallery.tool_samples import tool_groups
from sprintagen.ui.inline_script import inline_script
from sprintagen.ui.kit.region import Region

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.services import Services

PATH = "/admin/gallery"
FAILURES = [
    ("ProviderAuthError", None, "No key was given."),
    ("APIError", 401, "Invalid API key."),
    ("APIError", 402, "Your credit balance is too low."),
    ("APIError", 404, "No such model."),
    ("APIError", 429, "You exceeded your current quota."),
    ("APIError", 503, "Overloaded."),
    ("APIError", None, "Unable to connect."),
    ("ContextOverflowError", None, "prompt is too long: 210000 tokens > 200000 maximum"),
    ("MessageOutputLengthError", None, ""),
    ("UnknownError", None, "Something else."),
]

_OPEN = """
addEventListener('load', function open() {
  if (!window.did_handshake) return setTimeout(open, 50);
  const wanted = new URLSearchParams(location.search).get('open');
  const where = wanted === 'all' ? '.gallery' : wanted === 'none' ? null : '[data-opened]';
  if (where) document.querySelectorAll(`${where} .fold__head[aria-expanded=false]`).forEach((head) => head.click());
});
"""


def register(services: Services) -> None:
    """Add the route."""
    version = services.about.version

    @ui.page(PATH, title="Gallery", language=theme.LANGUAGE)
    def gallery(theme_name: str = "", density: str = "", only: str = "") -> None:
        dress(version, theme.Look(theme.as_theme(theme_name), theme.as_density(density)))
        with ui.element("main").classes("app gallery"):
            _draw_head()
            for group in [*part_groups(), *tool_groups()]:
                if only in ("", group.name):
                    draw_group(group)
            if only in ("", "failures"):
                _draw_section(
                    "failures",
                    [
                        (f"{name} {status or ''}", False, _failure(name, status, text))
                        for name, status, text in FAILURES
                    ],
                )


def dress(version: str, look: theme.Look) -> None:
    """The page's own head."""
    theme.dress_page(title="Gallery", version=version, look=look)
    sheet = address(f"/static/{version}/gallery.css")
    ui.add_head_html(f'<link rel="stylesheet" href="{sheet}">')
    ui.add_body_html(inline_script(_OPEN))


def draw_group(group: Group) -> None:
    """A renderer's samples, drawn where we are."""
    _draw_section(group.name, [(sample.name, sample.is_opened, _part(sample)) for sample in group.samples])


def _draw_head() -> None:
    with ui.element("header").classes("gallery__head"):
        ui.label("Gallery").classes("gallery__title")
        for name in theme.THEMES:
            link = ui.element("a").classes("btn btn--plain")
            link.props["href"] = address(f"{PATH}?theme_name={name}")
            with link:
                ui.label(name.capitalize())


def _draw_section(name: str, samples: list[tuple[str, bool, Callable[[], None]]]) -> None:
    with ui.element("section").classes("gallery__group") as section:
        section.props["data-testid"] = "gallery-group"
        section.props["data-group"] = name
        ui.label(name).classes("gallery__name")
        for label, is_opened, draw in samples:
            with ui.element("div").classes("gallery__sample") as row:
                row.props["data-sample"] = label
                if is_opened:
                    row.props["data-opened"] = True
                ui.label(label).classes("gallery__label")
                for width in ("wide", "narrow"):
                    with Region(f"gallery__{width} message"):
                        draw()


def _part(sample: Sample) -> Callable[[], None]:
    def draw() -> None:
        view = sample.view()
        for part in view.messages[MESSAGE].parts.values():
            draw_part(part, RenderContext(view, lambda _: None))

    return draw


def _failure(name: str, status: int | None, text: str) -> Callable[[], None]:
    return lambda: draw_failure(MessageError(name=name, data={"message": text, "statusCode": status}))
