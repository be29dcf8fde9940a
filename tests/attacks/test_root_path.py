"""Under a root path: everything is found there, points there, and keeps its cookie to itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.served import COOKIE, TOKEN, Served

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = "/tools/agent"


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    environment = {"OPENCODE_SERVER_URL": "http://127.0.0.1:9", "SPRINTAGEN_ROOT_PATH": ROOT}
    served = Served(tmp_path_factory.mktemp("below"), environment=environment)
    try:
        yield served.start()
    finally:
        served.stop()


def test_the_printed_link_signs_in_there_and_leads_on_there(below: Served) -> None:
    assert below.link.startswith(f"{below.url}{ROOT}/sign-in?code=")
    with below.stranger() as browser:
        answer = browser.get(below.link)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{ROOT}/admin/chats")
        assert f"path={ROOT};" in answer.headers["set-cookie"].lower()
        assert browser.get(f"{ROOT}/admin/chats").status_code == 200
        assert browser.get("/admin/chats").status_code == 401, "the cookie is not sent to others at this host"


@pytest.mark.parametrize("before", [ROOT, ""], ids=["the proxy leaves the path", "the proxy takes the root off"])
def test_every_address_on_a_page_is_below_the_root_and_there(below: Served, before: str) -> None:
    with below.stranger(headers={"origin": below.url}) as browser:
        signed_in = browser.post(f"{before}/sign-in", data={"token": TOKEN})
        assert signed_in.headers["location"] == f"{ROOT}/admin/chats"
        cookie = {"cookie": f"{COOKIE}={signed_in.cookies[COOKIE]}"}
        for path in ("/admin/chats", "/admin/settings"):
            page = browser.get(before + path, headers=cookie).text
            found = set(re.findall(r"""(?:href|src|content)=["'](/[^"']*)""", page))
            found |= set(re.findall(r"""["'(](/[^"'()\s]*/(?:_nicegui|static)/[^"'()\s]*)""", page))
            assert len(found) > 10
            assert not [address for address in found if not address.startswith(ROOT + "/")]
            files = [address for address in found if "/static/" in address or "/_nicegui/" in address]
            for address in (one for one in files if one.endswith((".js", ".mjs", ".css", ".svg"))):
                answer = browser.get(before + address.removeprefix(ROOT), headers=cookie)
                assert answer.status_code == 200, address
                assert "max-age=31536000" in answer.headers["cache-control"], address
            assert f'prefix: "{ROOT}"' in page, "by which the browser finds the socket"
            assert f'window.path_prefix = "{ROOT}";' in page.partition("<body")[0], "before anything is drawn by it"
        socket = browser.get(f"{before}/_nicegui_ws/socket.io/?EIO=4&transport=polling", headers=cookie)
        assert (socket.status_code, socket.text[:1]) == (200, "0")


def test_the_app_that_a_browser_installs_lives_there(below: Served) -> None:
    with below.stranger() as browser:
        manifest = browser.get(f"{ROOT}/manifest.webmanifest").json()
        assert (manifest["start_url"], manifest["scope"]) == (f"{ROOT}/admin/chats", f"{ROOT}/")
        for icon in manifest["icons"]:
            assert browser.get(icon["src"]).headers["content-type"] == "image/png"


def test_the_api_is_there_and_says_so(below: Served) -> None:
    with below.program() as program:
        document = program.get(f"{ROOT}/api/opencode/openapi.json").json()
        assert document["servers"] == [{"url": ROOT}]
        assert program.get(f"{ROOT}/api/opencode/health").status_code == 503, "opencode is away"


def test_signing_out_ends_the_cookie_where_it_is(below: Served) -> None:
    with below.stranger(headers={"origin": below.url}) as browser:
        browser.post(f"{ROOT}/sign-in", data={"token": TOKEN})
        answer = browser.post(f"{ROOT}/sign-out")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{ROOT}/sign-in")
        assert f"path={ROOT};" in answer.headers["set-cookie"].lower()
        assert f'action="{ROOT}/sign-in"' in browser.get(f"{ROOT}/sign-in").text
