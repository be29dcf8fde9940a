"""The product in a real browser below a root path: behind nginx, which leaves it, and Caddy, which takes it off."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.e2e import proxies
from tests.e2e.browsing import PATIENCE
from tests.e2e.served import Served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.browsing import Tab
    from tests.e2e.conftest import OpenTab
    from tests.rig import RealOpencode

ROOT = "/tools/agent"
SESSION = re.compile(rf"{ROOT}/admin/chats/(ses[^/?#]+)")


@pytest.fixture(scope="module")
def served(
    real_opencode: RealOpencode, opencode_binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    product = Served(
        tmp_path_factory.mktemp("served"),
        opencode_binary,
        settings={
            "OPENCODE_SERVER_URL": real_opencode.url,
            "OPENCODE_SERVER_PASSWORD": real_opencode.password.get_secret_value(),
            "OPENCODE_DIRECTORY": str(real_opencode.directory),
            "SPRINTAGEN_ROOT_PATH": ROOT,
            "SPRINTAGEN_TRUSTED_PROXIES": "127.0.0.1",
        },
        secrets=[real_opencode.password.get_secret_value()],
    )
    product.start()
    yield product
    product.stop()


@pytest.fixture
def behind(request: pytest.FixtureRequest, served: Served, tmp_path: Path) -> Iterator[Served]:
    """The product as the named proxy serves it."""
    proxy = proxies.start(request.param, tmp_path / request.param, root=ROOT, upstream=served.port)
    yield served.through(proxy.url + ROOT)
    proxy.stop()


async def signed_in(open_tab: OpenTab, behind: Served) -> Tab:
    """Sent to the form from a deep link, and back to it."""
    tab = await open_tab(None, served=behind)
    await tab.page.goto(f"{behind.base}{ROOT}/admin/chats")
    await tab.page.get_by_label("Access token").fill(behind.token)
    await tab.page.get_by_role("button", name="Sign in").click()
    await tab.page.wait_for_url(f"{behind.base}{ROOT}/admin/chats")
    await tab.live()
    return tab


@pytest.mark.parametrize("behind", ["nginx", "caddy"], indirect=True)
async def test_a_person_signs_in_and_reads_an_answer_as_it_comes_by_a_socket(open_tab: OpenTab, behind: Served) -> None:
    tab = await signed_in(open_tab, behind)
    await tab.send("/x say 80 20")
    await tab.page.wait_for_url(SESSION, timeout=PATIENCE)
    await expect(tab.answers).to_contain_text("w5")
    await expect(tab.find("stop")).to_be_visible()
    await expect(tab.answers).to_contain_text("w79")
    await tab.ended()
    sockets = [socket.url for socket in tab.watch.sockets]
    assert sockets
    assert all(f"{ROOT}/_nicegui_ws/" in url for url in sockets)


@pytest.mark.parametrize("behind", ["nginx"], indirect=True)
async def test_a_reload_a_link_in_the_list_and_the_way_back_stay_below_the_root_path(
    open_tab: OpenTab, behind: Served
) -> None:
    tab = await signed_in(open_tab, behind)
    await tab.send("/x text The first.")
    await tab.page.wait_for_url(SESSION, timeout=PATIENCE)
    await tab.ended()
    address = tab.page.url
    found = SESSION.search(address)
    assert found is not None
    await tab.page.reload()
    await tab.live()
    await expect(tab.answers).to_have_text("The first.")
    link = tab.item(found[1])
    await expect(link).to_have_attribute("href", f"{ROOT}/admin/chats/{found[1]}")
    await tab.page.get_by_role("link", name="sprintagen", exact=True).click()
    await tab.page.wait_for_url(f"{behind.base}{ROOT}/admin/chats")
    await tab.live()
    await link.click()
    await tab.page.wait_for_url(address)
    await expect(tab.answers).to_have_text("The first.")
    await tab.page.go_back()
    await tab.page.wait_for_url(f"{behind.base}{ROOT}/admin/chats")
    await expect(tab.answers).to_have_count(0)
    await tab.page.go_forward()
    await expect(tab.answers).to_have_text("The first.")


async def test_the_connection_page_finds_nothing_to_change_behind_a_proxy_that_passes_everything(
    open_tab: OpenTab, served: Served, tmp_path: Path
) -> None:
    proxy = proxies.start("nginx", tmp_path / "nginx", root=ROOT, upstream=served.port)
    try:
        tab = await signed_in(open_tab, served.through(proxy.url + ROOT))
        await tab.page.goto(f"{proxy.url}{ROOT}/admin/status")
        for name in ("stream", "socket", "address", "client"):
            await expect(tab.find(f"found-{name}")).to_contain_text("Well")
        await expect(tab.find("found-stream")).to_contain_text("piece by piece")
        await expect(tab.find("found-client")).to_contain_text("through the proxy at 127.0.0.1")
        await expect(tab.page.get_by_text("proxy_buffering off;")).to_have_count(0)
        await tab.page.close()
    finally:
        proxy.stop()


async def test_the_connection_page_says_what_to_change_in_a_proxy_that_holds_everything_back(
    open_tab: OpenTab, served: Served, tmp_path: Path
) -> None:
    proxy = proxies.start("nginx", tmp_path / "nginx", root=ROOT, upstream=served.port, holds_back=True)
    try:
        tab = await signed_in(open_tab, served.through(proxy.url + ROOT))
        tab.watch.tolerated.append("WebSocket connection")
        await tab.page.goto(f"{proxy.url}{ROOT}/admin/status")
        await expect(tab.find("found-stream")).to_contain_text("Change this", timeout=PATIENCE)
        await expect(tab.page.get_by_text("proxy_buffering off;")).to_be_visible()
        await expect(tab.find("found-socket")).to_contain_text("long polling")
        await expect(tab.page.get_by_text("proxy_set_header Upgrade $http_upgrade;")).to_be_visible()
        await tab.find("test-again").click()
        await expect(tab.find("found-stream")).to_contain_text("Change this", timeout=PATIENCE)
        await tab.page.close()
    finally:
        proxy.stop()
