"""The production file, run for real: TLS by Caddy in front, nothing else published, nothing of this folder mounted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.async_api import async_playwright, expect

from tests import chromium
from tests.containers.stack import Stack
from tests.containers.test_chat import set_up, with_provider
from tests.rig import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.containers.engine import Engine

pytestmark = [pytest.mark.container, pytest.mark.browser, pytest.mark.timeout(900)]

FILES = ("docker-compose.yml", "docker-compose.override.yml", "docker/compose.prod.yml")
PATIENCE = 60_000


class Production(Stack):
    """The stack with the production file over it, as `localhost`."""

    def __init__(self, engine: Engine, folder: Path, name: str) -> None:
        super().__init__(engine, folder, name)
        self.http_port = free_port()

    def compose(self, *arguments: str, check: bool = True, **variables: str) -> str:
        files = [part for file in FILES for part in ("--file", str(self.folder / file))]
        return super().compose(*files, *arguments, check=check, **variables)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"


@pytest.fixture(scope="module")
def stack(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    if not engine.docker("images", "--quiet", "caddy:2").strip():
        try:
            engine.docker("pull", "--quiet", "caddy:2")
        except AssertionError:
            pytest.skip("needs the image caddy:2, which is not here and cannot be pulled")
    stack = Production(engine, tmp_path_factory.mktemp("production") / "sprintagen", f"{engine.tag}-production")
    with_provider(stack)
    set_up(
        stack,
        SPRINTAGEN_DOMAIN="localhost",
        SPRINTAGEN_HTTPS_PORT=str(stack.port),
        SPRINTAGEN_HTTP_PORT=str(stack.http_port),
    )
    try:
        stack.up()
        yield stack
    finally:
        stack.down()


def client(stack: Production) -> httpx.Client:
    return httpx.Client(base_url=stack.url, verify=False, trust_env=False, timeout=30)


def test_only_the_proxy_is_published_and_nothing_of_the_folder_is_mounted(stack: Production) -> None:
    made = json.loads(stack.compose("config", "--format", "json"))["services"]
    assert {name for name, service in made.items() if service.get("ports")} == {"caddy"}
    for name in ("prepare", "web", "opencode", "repository"):
        assert all(volume["type"] == "volume" for volume in made[name]["volumes"]), name


def test_http_leads_to_https_and_the_cookie_stays_there(stack: Production) -> None:
    plain = httpx.get(f"http://localhost:{stack.http_port}/sign-in", trust_env=False)
    assert plain.status_code == 308
    assert plain.headers["location"].startswith("https://localhost")
    with client(stack) as browser:
        assert browser.get("/admin/chats", headers={"accept": "text/html"}).status_code == 303
        answer = browser.post("/sign-in", data={"token": stack.secret("web/token")}, headers={"origin": stack.url})
        assert answer.status_code == 303
        assert "secure" in answer.headers["set-cookie"].lower()
        assert answer.headers["strict-transport-security"]


async def test_a_chat_works_through_it(stack: Production) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium.need(), args=list(chromium.FLAGS))
        context = await browser.new_context(ignore_https_errors=True)
        context.set_default_timeout(PATIENCE)
        page = await context.new_page()
        await page.goto(f"{stack.url}/admin/chats")
        await page.get_by_label("Access token").fill(stack.secret("web/token"))
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_function("window.did_handshake === true")
        await page.get_by_test_id("composer").fill("/x text Over TLS.")
        await page.get_by_test_id("composer").press("Enter")
        answer = page.locator('[data-role="assistant"] [data-part-type="text"]')
        await expect(answer).to_have_text("Over TLS.", timeout=PATIENCE)
        await page.goto(f"{stack.url}/admin/status")
        for name in ("stream", "socket", "address", "client"):
            await expect(page.get_by_test_id(f"found-{name}")).to_contain_text("Well", timeout=PATIENCE)
        await browser.close()
