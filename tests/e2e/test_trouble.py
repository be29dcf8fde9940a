"""The server in trouble: always said on the page, in words, and over by itself when it is over."""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.e2e.faulty import FaultyServer

if TYPE_CHECKING:
    from tests.e2e.browsing import Tab
    from tests.e2e.conftest import OpenTab, Serve
    from tests.e2e.faulty import Mode
    from tests.rig import RealOpencode

SOON = 5_000
"""Milliseconds within which a person is told that the server is away."""


def secret(opencode: RealOpencode) -> str:
    return opencode.password.get_secret_value()


async def test_a_server_that_is_down_at_the_start_is_waited_for(
    open_tab: OpenTab, serve: Serve, real_opencode: RealOpencode
) -> None:
    real_opencode.kill()
    tab = await open_tab(served=serve(real_opencode.url, secret(real_opencode), real_opencode.directory))
    await expect(tab.banner).to_contain_text("opencode is away")
    await expect(tab.banner).to_contain_text("since")
    await expect(tab.banner).to_contain_text("The opencode server cannot be reached.")
    await expect(tab.find("session-list")).not_to_contain_text("No sessions yet")
    await tab.shoot("down")
    real_opencode.start()
    await expect(tab.banner).to_have_count(0)
    await tab.begin("/x text Here I am.")
    await expect(tab.answers).to_have_text("Here I am.")


async def test_a_message_to_a_server_that_is_down_comes_back_into_the_field(open_tab: OpenTab, serve: Serve) -> None:
    async with FaultyServer("refuse") as away:
        tab = await open_tab(served=serve(away.url))
        await tab.composer.fill("do not lose me")
        await tab.composer.press("Enter")
        await expect(tab.toast).to_contain_text("opencode server")
        await expect(tab.composer).to_have_value("do not lose me")
        await tab.shoot("refused")
        await tab.find("send").click(trial=True)


async def test_a_server_killed_in_mid_answer(tab: Tab, real_opencode: RealOpencode) -> None:
    session_id = await tab.begin('/x think 3\n/x say 4\n/x tool read {"filePath": "README.md"}\n/x say 3000 40')
    await expect(tab.answers.last).to_contain_text("w20")
    await tab.send("/x text after all")
    await expect(tab.queued).to_be_visible()
    real_opencode.kill()
    await expect(tab.banner).to_contain_text("opencode is away", timeout=SOON)
    await expect(tab.answers.last).to_contain_text("w20")
    await expect(tab.queued).to_contain_text("after all")
    await tab.shoot("killed")
    real_opencode.start()
    await expect(tab.banner).to_have_count(0)
    await expect(tab.find("message-list")).to_contain_text("Interrupted")
    await expect(tab.answers.last).to_have_text("after all")
    await expect(tab.answers.nth(1)).to_contain_text("w20")
    await expect(tab.find("stop")).to_have_count(0)
    await expect(tab.item(session_id, "idle")).to_be_visible()
    await tab.shoot("killed-back")
    await tab.page.reload()
    await expect(tab.answers.last).to_have_text("after all")
    await expect(tab.find("message-list")).to_contain_text("Interrupted")


async def test_a_server_killed_while_a_command_runs_leaves_the_call_interrupted(
    tab: Tab, real_opencode: RealOpencode
) -> None:
    await tab.begin('/x tool bash {"command": "sleep 200", "description": "waits"}\n/x text no')
    await tab.find("permission-once").click()
    await expect(tab.tool("bash", "running")).to_be_visible()
    real_opencode.restart()
    await expect(tab.banner).to_have_count(0)
    await expect(tab.tool("bash", "interrupted")).to_contain_text("Interrupted")
    await tab.send("/x text Once more.")
    await expect(tab.answers.last).to_have_text("Once more.")


async def test_a_permission_asked_before_the_server_died_is_not_asked_any_more(
    tab: Tab, real_opencode: RealOpencode
) -> None:
    await tab.begin('/x tool bash {"command": "seq 9", "description": "counts"}\n/x text no')
    await expect(tab.find("permission-card")).to_be_visible()
    real_opencode.restart()
    await expect(tab.find("permission-card")).to_have_count(0)
    await expect(tab.find("stop")).to_have_count(0)


async def test_a_message_sent_to_a_frozen_server_arrives_once_it_thaws(tab: Tab, real_opencode: RealOpencode) -> None:
    session_id = await tab.begin("/x text hello")
    await tab.ended()
    assert real_opencode.pid is not None
    os.kill(real_opencode.pid, signal.SIGSTOP)
    try:
        await tab.send("/x text still here")
        await expect(tab.queued).to_contain_text("Sending")
    finally:
        os.kill(real_opencode.pid, signal.SIGCONT)
    await expect(tab.answers.last).to_have_text("still here")
    sent = [one for one in real_opencode.messages(session_id) if one["info"]["role"] == "user"]
    assert len(sent) == 2


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("500", "The opencode server failed"),
        ("html", "The server answered with a web page"),
        ("garbage", "does not speak HTTP"),
        ("silent", "went silent|did not answer in time"),
    ],
)
async def test_a_server_that_answers_wrongly_is_told_in_words_until_it_answers_well(
    mode: Mode, words: str, open_tab: OpenTab, serve: Serve, real_opencode: RealOpencode
) -> None:
    async with FaultyServer(mode, target=real_opencode.port) as server:
        tab = await open_tab(served=serve(server.url, secret(real_opencode), real_opencode.directory))
        await expect(tab.banner).to_contain_text(re.compile(words))
        await tab.shoot(mode)
        assert "/srv/x.ts" not in await tab.page.content()
        await server.switch("pass")
        await expect(tab.banner).to_have_count(0)
        await tab.begin("/x text All is well.")
        await tab.ended()
        await server.switch(mode)
        await expect(tab.banner).to_be_visible(timeout=SOON)
        await expect(tab.answers).to_have_text("All is well.")
        await tab.send("/x text And again.")
        await expect(tab.queued).to_contain_text("Waiting for the connection")
        await tab.shoot(f"{mode}-later")
        await server.switch("pass")
        await expect(tab.answers.last).to_have_text("And again.")
        await expect(tab.banner).to_have_count(0)


async def test_a_wrong_password_is_told_in_words(open_tab: OpenTab, serve: Serve, real_opencode: RealOpencode) -> None:
    tab = await open_tab(served=serve(real_opencode.url, "not-the-right-password"))
    await expect(tab.banner).to_contain_text("refused our user name and password")
    await expect(tab.banner).to_contain_text("OPENCODE_SERVER_PASSWORD")
    await expect(tab.banner).not_to_contain_text("not running")
    await tab.shoot("password")
    await tab.composer.fill("anyone there?")
    await tab.composer.press("Enter")
    await expect(tab.toast).to_contain_text("password")
    await expect(tab.composer).to_have_value("anyone there?")
