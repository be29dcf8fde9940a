"""Coming in, going out, and what the browser is told to keep to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.async_api import expect

from tests.accessibility import check_all_looks
from tests.e2e.browsing import PATIENCE, sign_in

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from tests.e2e.browsing import Tab
    from tests.e2e.conftest import OpenTab, Serve
    from tests.e2e.served import Served
    from tests.rig import RealOpencode


async def test_the_printed_link_signs_in_once(open_tab: OpenTab, served: Served) -> None:
    tab = await open_tab(None)
    await tab.page.goto(served.link)
    await expect(tab.page).to_have_url(re.compile("/admin/chats$"))
    await tab.live()
    assert "code=" not in tab.page.url
    (cookie,) = await tab.page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    await tab.page.context.clear_cookies()
    await tab.page.goto(served.link)
    await expect(tab.page.get_by_text("This link has been used or is too old.")).to_be_visible()
    await expect(tab.composer).to_have_count(0)
    tab.watch.tolerated.append("status of 401")


async def test_who_is_not_signed_in_is_led_to_the_form_and_on_to_where_they_wanted(
    open_tab: OpenTab, served: Served
) -> None:
    tab = await open_tab(None)
    tab.watch.tolerated.append("status of 401")
    await tab.page.goto(f"{served.base}/admin/chats/ses_0000000000000000000000000")
    await expect(tab.page).to_have_url(re.compile("/sign-in"))
    await tab.page.get_by_label("token", exact=False).fill("not the token at all")
    await tab.page.get_by_role("button").click()
    await expect(tab.page.get_by_text("This is not the token.")).to_be_visible()
    await check_all_looks(tab.page, "the form")
    await tab.page.get_by_label("token", exact=False).fill(served.token)
    await tab.page.get_by_role("button").click()
    await expect(tab.missing).to_contain_text("There is no such session")


async def test_signing_out_closes_the_sockets_of_every_tab(tab: Tab, open_tab: OpenTab) -> None:
    other = await open_tab()
    tab.watch.tolerated.append("WebSocket|status of 40[13]")
    (socket,) = [one for one in tab.watch.sockets if not one.is_closed()][-1:]
    await tab.find("person-menu").click()
    await tab.page.get_by_role("menuitem", name="Sign out").click()
    await expect(tab.page).to_have_url(re.compile("/sign-in"))
    if not socket.is_closed():
        await socket.wait_for_event("close", timeout=PATIENCE)
    await other.shoot("signed-out")
    await expect(other.page).to_have_url(re.compile("/sign-in"))
    assert not await tab.page.context.cookies()


async def test_a_browser_is_signed_out_from_the_settings_of_another(
    open_tab: OpenTab, served: Served, browser: Browser
) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
    context = await browser.new_context(user_agent=agent)
    other = await context.new_page()
    await sign_in(context, served)
    (cookie,) = await context.cookies()
    await other.goto(f"{served.base}/admin/settings")
    await expect(other.get_by_test_id("sign-in").first).to_contain_text("This browser")
    tab = await open_tab("/admin/settings")
    row = tab.find("sign-in").filter(has_text="Firefox on Linux")
    await expect(row).to_contain_text("127.0.0.1")
    await expect(row).to_contain_text("seen now")
    assert cookie["value"] not in await tab.page.content()
    await row.scroll_into_view_if_needed()
    await tab.shoot("sign-ins")
    await row.get_by_test_id("end-sign-in").click()
    await expect(row).to_have_count(0)
    await expect(other).to_have_url(re.compile("/sign-in"))
    await context.close()
    await tab.find("end-others").click()
    await tab.page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
    await expect(tab.find("sign-in")).to_have_count(1)
    await expect(tab.find("end-others")).to_have_count(0)
    tab.watch.tolerated.append("WebSocket|status of 40[13]")
    await tab.find("end-sign-in").click()
    await expect(tab.page).to_have_url(re.compile("/sign-in"))


async def test_every_page_has_a_policy_that_lets_nothing_call_out_and_no_page_breaks_it(
    open_tab: OpenTab, served: Served
) -> None:
    tab = await open_tab()
    for path in ("/sign-in?next=x", "/api/opencode/docs", "/admin/settings", "/admin/gallery", "/admin/nowhere"):
        response = await tab.page.goto(served.base + path)
        assert response is not None
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        await tab.page.wait_for_load_state("networkidle")
    tab.watch.tolerated.append("status of 404")
    tab.watch.console[:] = [line for line in tab.watch.console if "404" not in line]
    assert tab.watch.console == []
    await tab.go()
    called = await tab.page.evaluate("fetch('http://127.0.0.2:9/').then(() => 'out', () => 'refused')")
    assert called == "refused"
    tab.watch.tolerated.append("Content Security Policy|Fetch API cannot load")
    tab.watch.foreign.clear()


BREAK_IN = """async () => {
  const refused = [];
  document.addEventListener("securitypolicyviolation", (event) => refused.push(event.effectiveDirective));
  document.body.insertAdjacentHTML("beforeend", "<img src='data:,' onerror='window.hit = 1'>");
  const script = (more) => document.body.append(Object.assign(document.createElement("script"), more));
  script({ textContent: "window.hit = 2" });
  script({ textContent: "window.hit = 3", type: "module" });
  script({ src: "data:text/javascript,window.hit=4" });
  location.href = "javascript:window.hit = 5";
  document.body.append(Object.assign(document.createElement("base"), { href: "http://127.0.0.2:9/" }));
  document.body.insertAdjacentHTML("beforeend", "<object data='/favicon.ico'></object>");
  while (refused.length < 7) await new Promise((resolve) => setTimeout(resolve, 20));
  return [window.hit ?? null, refused.sort()];
}"""


async def test_a_script_that_got_into_the_page_all_the_same_does_not_run(tab: Tab) -> None:
    hit, refused = await tab.page.evaluate(BREAK_IN)
    assert hit is None
    assert set(refused) == {"script-src-attr", "script-src-elem", "base-uri", "object-src"}
    tab.watch.tolerated.append("Content Security Policy")


async def test_a_diagram_is_drawn_under_the_pages_policy(tab: Tab) -> None:
    await tab.begin("/x text ```mermaid\ngraph TD; A[one] --> B[two]\n```")
    await tab.ended()
    await expect(tab.answers.locator(".diagram__picture")).to_be_visible()


async def test_markdown_of_the_model_runs_nothing_and_loads_nothing(tab: Tab) -> None:
    await tab.begin(
        "/x text <img src=http://127.0.0.2:9/x.png onerror=document.title='owned'> ![a](http://127.0.0.2:9/y.png) "
        "[b](javascript:document.title='owned') <script>document.title='owned'</script><iframe src=http://127.0.0.2:9/>"
    )
    await tab.ended()
    html = await tab.answers.inner_html()
    assert "onerror" not in html.split("&lt;", 1)[0]
    await expect(tab.answers.locator("script, iframe, img[src^=http], a[href^=javascript]")).to_have_count(0)
    assert await tab.page.title() != "owned"


async def test_the_page_says_when_sprintagen_itself_is_away_and_comes_back(
    open_tab: OpenTab, serve: Serve, real_opencode: RealOpencode
) -> None:
    product = serve(real_opencode.url, real_opencode.password.get_secret_value(), real_opencode.directory)
    tab = await open_tab(served=product)
    tab.watch.tolerated += ["WebSocket", "ERR_CONNECTION_REFUSED"]
    await tab.composer.fill("typed before")
    product.stop()
    await expect(tab.page.locator("#popup")).to_be_visible()
    await tab.shoot("sprintagen-away")
    product.arguments = ("--port", product.base.rpartition(":")[2])
    product.start()
    await expect(tab.page.locator("#popup")).to_be_hidden()
    await tab.live()
    await expect(tab.composer).to_have_value("typed before")
    await tab.begin("/x text Back.")
    await expect(tab.answers).to_have_text("Back.")
