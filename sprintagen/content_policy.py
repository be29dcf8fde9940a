"""What an answer's Content-Security-Policy lets a browser load and run.

A page runs the scripts of our own files, and of those written into it only the ones that carry this answer's nonce: a
script or an `onerror=` that got into a page's HTML in any other way does not run.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any

_EVERYWHERE: Final = "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
PLAIN: Final = f"default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; {_EVERYWHERE}"
"""For what is no page: the sign-in form and the API's description have no script at all."""
_PAGE: Final = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; script-src-attr 'none'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    f"manifest-src 'self'; {_EVERYWHERE}"
)
"""Vue compiles templates and NiceGUI calls what the server names, both by eval. Formulas, diagrams and the terminal set
styles on elements and in sheets they make as they run, which no nonce can tell from others."""


def new_nonce(scope: MutableMapping[str, Any]) -> str:
    """Give a request the nonce that the scripts written into its answer carry."""
    nonce = secrets.token_urlsafe(16)
    scope.setdefault("state", {})["nonce"] = nonce
    return nonce


def nonce_of(scope: MutableMapping[str, Any]) -> str:
    """The nonce of a request; empty where no policy is set."""
    nonce: str = scope.get("state", {}).get("nonce", "")
    return nonce


def of_page(nonce: str) -> str:
    """The policy of a page."""
    return _PAGE.format(nonce=nonce)
