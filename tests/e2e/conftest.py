"""Fixtures for tests in a real browser: the product served, and signed-in tabs that are checked when they close."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from playwright.async_api import async_playwright

from tests import chromium
from tests.e2e.browsing import CHATS, Tab, Watch, sign_in
from tests.e2e.served import TROUBLE, Served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from playwright.async_api import Browser

    from tests.rig import RealOpencode

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.real)
            item.add_marker(pytest.mark.browser)


class OpenTab(Protocol):
    """Opens a signed-in tab at an address; tabs of one test share a browser profile."""

    async def __call__(self, path: str | None = CHATS, *, served: Served | None = None) -> Tab: ...


class Serve(Protocol):
    """Starts a product with an opencode of the test's own choice, which runs until the test has ended."""

    def __call__(self, url: str, password: str = "", directory: Path | None = None) -> Served: ...


@pytest.fixture(scope="module")
def served(
    real_opencode: RealOpencode, opencode_binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """The product with the shared opencode, one for all tests of a module."""
    product = Served(
        tmp_path_factory.mktemp("served"),
        opencode_binary,
        settings={
            "OPENCODE_SERVER_URL": real_opencode.url,
            "OPENCODE_SERVER_PASSWORD": real_opencode.password.get_secret_value(),
            "OPENCODE_DIRECTORY": str(real_opencode.directory),
        },
        secrets=[real_opencode.password.get_secret_value()],
    )
    product.start()
    yield product
    product.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium.need(), args=list(chromium.FLAGS))
        yield browser
        await browser.close()


@pytest.fixture
def serve(opencode_binary: Path, tmp_path: Path) -> Iterator[Serve]:
    """See `Serve`."""
    products: list[Served] = []

    def started(url: str, password: str = "", directory: Path | None = None) -> Served:
        settings = {"OPENCODE_SERVER_URL": url}
        settings |= {"OPENCODE_SERVER_PASSWORD": password} if password else {}
        settings |= {"OPENCODE_DIRECTORY": str(directory)} if directory else {}
        product = Served(tmp_path / f"served{len(products)}", opencode_binary, settings)
        product.secrets += [password] if password else []
        products.append(product)
        product.start()
        return product

    yield started
    for product in products:
        product.stop()


@pytest.fixture
async def open_tab(request: pytest.FixtureRequest, browser: Browser, serve: Serve) -> AsyncIterator[OpenTab]:
    """See `OpenTab`. Afterwards: no error in a console or in the log, no foreign request, no secret seen."""
    watches: dict[str, Watch] = {}
    tabs: list[Tab] = []
    begun: dict[str, int] = {}
    context = await browser.new_context(viewport={"width": 1280, "height": 800})

    async def opened(path: str | None = CHATS, *, served: Served | None = None) -> Tab:
        served = served or request.getfixturevalue("served")
        watch = watches.get(served.base)
        if watch is None:
            watch = watches[served.base] = Watch(served)
            begun[served.base] = len(served.log_file.read_bytes())
            if path is not None:
                await sign_in(context, served)
        page = await context.new_page()
        watch.follow(page)
        tab = Tab(page, watch)
        tabs.append(tab)
        if path is not None:
            await tab.go(path)
        return tab

    yield opened
    seen = [await tab.page.content() for tab in tabs if not tab.page.is_closed()]
    await context.close()
    faults = [fault for watch in watches.values() for fault in watch.faults()]
    for base, watch in watches.items():
        log = watch.served.log(begun[base])
        faults += [f"in the log: {line}" for line in log.splitlines() if TROUBLE.search(line)]
        for secret in (watch.served.token, *watch.served.secrets):
            faults += ["a secret on a page"] * any(secret in html for html in seen)
            faults += ["a secret in the log"] * (secret in watch.served.log())
    assert not faults, "\n".join(faults)


@pytest.fixture
async def tab(open_tab: OpenTab) -> Tab:
    """The start page, signed in."""
    return await open_tab()
