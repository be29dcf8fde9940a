"""What NiceGUI sends around a page, without what no page of ours uses, its scripts with the page's nonce.

That is Quasar: 500 kB of script for a browser to compile at each load, of which NiceGUI's frame needs three boxes, and
250 kB of style sheets, whose rules by position (`div:nth-child(…)`) have a browser style a whole text again with each
block that is added; and the fonts of its icons.
"""

from __future__ import annotations

import re
from typing import Final

from jinja2 import ChoiceLoader, DictLoader
from nicegui import app
from nicegui.client import templates

PAGE: Final = "index.html"
"""NiceGUI's template of every page."""
_UNUSED: Final = re.compile(
    r"^ *(?:@import url\([^)]*/static/(?:quasar\.|fonts\.css)|<script defer [^>]*/static/(?:quasar\.|lang/)).*\n",
    re.MULTILINE,
)
_INLINE: Final = re.compile(r"<script(?= type=|>)")
BOXES: Final = """
for (const tag of ["q-layout", "q-page-container", "q-page"])
  app.component(tag, { props: ["view"], render() { return Vue.h("div", this.$slots.default?.()); } });
"""
"""In place of the script that sets Quasar up. What is one of Quasar's elements, as `ui.button` is, cannot be drawn."""


def leave_out_quasar() -> None:
    """Send all pages without it, from now on."""
    app.config.vue_config_script = BOXES
    environment = templates.env
    loader = environment.loader
    if loader is None or isinstance(loader, ChoiceLoader):
        return  # done already
    source, _, _ = loader.get_source(environment, PAGE)
    ours = _INLINE.sub('<script nonce="{{ request.state.nonce }}"', _UNUSED.sub("", source))
    environment.loader = ChoiceLoader([DictLoader({PAGE: ours}), loader])
    if environment.cache is not None:
        environment.cache.clear()
