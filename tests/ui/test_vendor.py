"""The libraries in `static/vendor` are exactly the released files, each with its licence beside it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sprintagen.ui.kit.prose import VENDOR

FILES = {
    # marked 18.2.1, lib/marked.esm.js of the npm package
    "marked.esm.js": "5371fea86fd0656b4fc7bea7c94c663109d82789b69433eeee78d42895aa44de",
    # @highlightjs/cdn-assets 11.12.0, es/highlight.min.js
    "highlight.min.js": "1ed8fc5256b738b8875b74e4d3f0754f60d6411fb034d618dfbc4e6e6c9999d7",
    # temml 0.13.5, dist/temml.min.js
    "temml.min.js": "1ab19148afe0dbc836b7a74f344071b3f3a70a7a8259ae4049e76894fcdf8d95",
    # @mermaid-js/tiny 11.17.2, dist/mermaid.tiny.js
    "mermaid.tiny.js": "7a644017d37f93c8359790884e6b67fb1f747c78eb20475952404bd87190a3f8",
    # @xterm/xterm 6.0.0, lib/xterm.mjs and css/xterm.css
    "xterm.mjs": "b336ec65a086c056d4804b3d4c2347da5663d3f23c3f25be866467bd8857ad59",
    "xterm.css": "854a7c0fb70e8b1a083c16797ab827299fb18744f5ad34f227b48337e33293c6",
    # @xterm/addon-fit 0.11.0 and @xterm/addon-web-links 0.12.0, lib/*.mjs
    "addon-fit.mjs": "2d87e1bddc73be9111de8beee5370c3bb7aac9c94e18e6f245f02ca741ef1769",
    "addon-web-links.mjs": "cce9cc1905c4d369dfa70ef0ed1eea12700754818a6c480d1fd94895dddd1a25",
}


@pytest.mark.parametrize("name", FILES)
def test_a_vendored_file_is_the_released_one(name: str) -> None:
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == FILES[name]


@pytest.mark.parametrize("name", FILES)
def test_a_vendored_file_has_its_licence(name: str) -> None:
    licence = (VENDOR / f"{name.split('.', maxsplit=1)[0]}.LICENSE").read_text()
    assert "Copyright" in licence
    assert "Redistribution" in licence or "Permission is hereby granted" in licence


def test_nothing_else_is_vendored() -> None:
    names = {path.name for path in Path(VENDOR).iterdir()}
    assert names == set(FILES) | {f"{name.split('.')[0]}.LICENSE" for name in FILES}
