"""Where a session begins and ends: the sign-in form, the printed link's code, sign-out.

The form is a page of its own without a socket or an asset, since nothing else is served to who is not signed in.
"""

from __future__ import annotations

import asyncio
from html import escape
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from sprintagen.api.deps import TheServices
from sprintagen.api.guard import COOKIE, cookie_of
from sprintagen.errors import NotSignedIn, SprintagenError
from sprintagen.root_path import root_of

if TYPE_CHECKING:
    from sprintagen.services import Services

router = APIRouter(include_in_schema=False)

HOME = "/admin/chats"


@router.get("/")
async def home(request: Request) -> RedirectResponse:
    return RedirectResponse(root_of(request.scope) + HOME, status_code=303)


@router.get("/sign-in")
async def sign_in_page(request: Request, services: TheServices, code: str = "", next: str = "") -> Response:
    """The form; with the code of a printed link, straight through it."""
    if not code and _is_from_elsewhere(request):  # the cookie, being strict, did not come along
        return _bounce(f"{root_of(request.scope)}/sign-in?next={quote(_local(next), safe='')}")
    if code:
        try:
            session_id = await services.sign_ins.redeem(code, *_who(request))
        except SprintagenError as error:
            if await _is_signed_in(request, services):  # the same link opened again
                return _on_to(request, next)
            return _form(request, services, next, problem=error.message, status=error.status)
        return await _signed_in(request, services, session_id, next)
    if await _is_signed_in(request, services):
        return _on_to(request, next)
    return _form(request, services, next)


@router.post("/sign-in")
async def sign_in(
    request: Request,
    services: TheServices,
    token: Annotated[str, Form(max_length=1000)] = "",
    next: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Exchanges the token or the password for a session."""
    try:
        session_id = await services.sign_ins.sign_in(token.strip(), *_who(request))
    except SprintagenError as error:
        await asyncio.sleep(0.3)
        return _form(request, services, next, problem=f"{error.message} {error.hint}".strip(), status=error.status)
    return await _signed_in(request, services, session_id, next)


@router.post("/sign-out")
async def sign_out(request: Request, services: TheServices) -> Response:
    """Ends the session here and in every open page of it."""
    if (session_id := cookie_of(request.headers)) is None:
        raise NotSignedIn("There is no session to end.")
    await services.sign_ins.sign_out(session_id)
    response = RedirectResponse(f"{root_of(request.scope)}/sign-in", status_code=303)
    response.delete_cookie(COOKIE, path=_cookie_path(request))
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _who(request: Request) -> tuple[str, str]:
    """Address and browser."""
    return request.client.host if request.client else "", request.headers.get("user-agent", "")


async def _is_signed_in(request: Request, services: Services) -> bool:
    session_id = cookie_of(request.headers)
    return session_id is not None and await services.sign_ins.check(session_id) is not None


async def _signed_in(request: Request, services: Services, session_id: str, target: str) -> Response:
    """On to the page, with a new session; one that was there before is ended, so that no id can be planted."""
    if (before := cookie_of(request.headers)) is not None:
        await services.sign_ins.sign_out(before)
    response = (
        _bounce(root_of(request.scope) + _local(target)) if _is_from_elsewhere(request) else _on_to(request, target)
    )
    response.set_cookie(
        COOKIE,
        session_id,
        path=_cookie_path(request),
        max_age=30 * 24 * 3600,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _on_to(request: Request, target: str) -> Response:
    return RedirectResponse(root_of(request.scope) + _local(target), status_code=303)


def _cookie_path(request: Request) -> str:
    """The whole of what is ours, and nothing of who else lives at this host."""
    return root_of(request.scope) or "/"


def _local(target: str) -> str:
    """A path of ours to go on to, below the root path; never another site's."""
    return target if target.startswith("/admin/") and target.isprintable() and "\\" not in target else HOME


def _is_from_elsewhere(request: Request) -> bool:
    """Whether a link on another site's page led here."""
    return request.headers.get("sec-fetch-site") in ("cross-site", "same-site")


def _bounce(target: str) -> Response:
    """On to `target` as a step of our own page: a redirect would be the other site's, and come without the cookie."""
    refresh = f'<meta http-equiv="refresh" content="0;url={escape(target, quote=True)}">'
    return HTMLResponse(f"<!doctype html>{refresh}<title>sprintagen</title>", headers={"Cache-Control": "no-store"})


def _form(
    request: Request, services: Services, next_path: str, *, problem: str = "", status: int = 200
) -> HTMLResponse:
    alert = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    about, label = _WITH_PASSWORD if services.sign_ins.takes_password else _WITH_TOKEN
    page = _PAGE.replace("{about}", about).replace("{label}", label)
    page = page.replace("{root}", root_of(request.scope)).replace("{alert}", alert)
    page = page.replace("{next}", escape(next_path, quote=True))
    return HTMLResponse(page, status_code=status, headers={"Cache-Control": "no-store"})


_WITH_TOKEN = ("Open the link that was printed when it started, or use its access token.", "Access token")
_WITH_PASSWORD = ("Use your password, the access token, or the link printed at its start.", "Password or access token")
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in · sprintagen</title><link rel="icon" href="{root}/favicon.ico">
<style>
:root { color-scheme: light dark; --bg: #f6f6f7; --card: #fff; --line: #d3d3d9; --edge: #e7e7ea; --text: #1c1c21;
  --soft: #54545e; --accent: #5848c4; --strong: #4636ad; --on: #fff; --ring: rgb(88 72 196 / 16%); --bad: #b3261e }
@media (prefers-color-scheme: dark) { :root { --bg: #161618; --card: #1b1b1e; --line: #434349; --edge: #2f2f34;
  --text: #ececef; --soft: #b4b4bd; --accent: #a79bff; --strong: #bcb3ff; --on: #16132b;
  --ring: rgb(167 155 255 / 22%); --bad: #f5958d } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100dvh; display: grid; place-items: center; padding: 16px; background: var(--bg);
  color: var(--text); -webkit-font-smoothing: antialiased;
  font: 14px/22px -apple-system, BlinkMacSystemFont, "Segoe UI Variable Text", "Segoe UI", "Noto Sans", Ubuntu,
  Cantarell, "Liberation Sans", "Helvetica Neue", Arial, sans-serif }
main { width: min(360px, 100%); padding: 28px; background: var(--card); border: 1px solid var(--edge);
  border-radius: 12px }
img { display: block; width: 32px; height: 32px; margin-bottom: 16px }
h1 { margin: 0 0 4px; font-size: 18px; line-height: 26px; font-weight: 600 }
p { margin: 0 0 20px; color: var(--soft) }
.problem { color: var(--bad) }
label { display: block; margin-bottom: 6px; font-weight: 500 }
input { width: 100%; height: 36px; padding: 0 12px; font: inherit; color: inherit; background: var(--card);
  border: 1px solid var(--line); border-radius: 6px; outline: none }
input:focus { border-color: var(--accent); box-shadow: 0 0 0 2px var(--ring) }
button { width: 100%; height: 36px; margin-top: 12px; font: inherit; font-weight: 500; color: var(--on);
  background: var(--accent); border: 0; border-radius: 6px; cursor: pointer }
button:hover { background: var(--strong) }
button:focus-visible { outline: 1.5px solid var(--accent); outline-offset: 2px }
@media (pointer: coarse) { input, button { height: 44px; font-size: 16px } }
</style></head><body><main>
<img src="{root}/favicon.ico" alt="">
<h1>Sign in to sprintagen</h1>
<p>{about}</p>
{alert}
<form method="post" action="{root}/sign-in">
<input type="hidden" name="next" value="{next}">
<label for="token">{label}</label>
<input id="token" name="token" type="password" autocomplete="current-password" autofocus required>
<button type="submit">Sign in</button>
</form></main></body></html>
"""
