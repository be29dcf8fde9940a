"""Keys and sign-ins from the settings page: taken over without costing anybody a turn, and never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from sprintagen.errors import InvalidInput
from sprintagen.opencode import errors
from sprintagen.services.prompts import PromptDraft
from sprintagen.services.refs import OPERATOR
from tests.services.conftest import fake, services
from tests.services.fakes import until

if TYPE_CHECKING:
    from sprintagen.services import Services
    from tests.services.fakes import FakeOpencode

__all__ = ["fake", "services"]

SECRET = "sk-very-secret"


async def names(services: Services) -> list[str]:
    return [row.name for row in (await services.provider_access.overview(OPERATOR)).rows]


async def test_a_key_that_is_saved_makes_its_provider_usable(services: Services, fake: FakeOpencode) -> None:
    assert await names(services) == []
    report = await services.provider_access.set_key(OPERATOR, "openrouter", SecretStr(SECRET))
    assert report.state == "connected"
    assert await names(services) == ["Openrouter"]
    assert fake.calls.count("instances.dispose_all") == 1


async def test_a_provider_that_can_be_used_is_no_longer_suggested(services: Services) -> None:
    assert "openrouter" in (await services.provider_access.overview(OPERATOR)).offered
    await services.provider_access.set_key(OPERATOR, "openrouter", SecretStr(SECRET))
    assert "openrouter" not in (await services.provider_access.overview(OPERATOR)).offered


async def test_a_key_waits_while_somebody_works_and_is_taken_over_by_itself(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = fake.add_session()
    fake.waiting.add(session_id)
    await services.prompts.send(OPERATOR, session_id, PromptDraft(text="work"))
    await until(services.store.busy_sessions)
    report = await services.provider_access.set_key(OPERATOR, "openai", SecretStr(SECRET))
    assert report.state == "pending"
    assert fake.calls.count("instances.dispose_all") == 0
    fake.finish(session_id)
    await until(lambda: fake.loaded == {"openai"})
    assert services.credentials.report.state == "none"  # no key is configured, and nothing waits any more


async def test_a_key_is_taken_over_at_once_if_the_person_wants_it(services: Services, fake: FakeOpencode) -> None:
    session_id = fake.add_session()
    fake.waiting.add(session_id)
    await services.prompts.send(OPERATOR, session_id, PromptDraft(text="work"))
    await until(services.store.busy_sessions)
    report = await services.provider_access.set_key(OPERATOR, "openai", SecretStr(SECRET), abort_running=True)
    assert report.state == "connected"


async def test_a_reload_that_failed_is_made_up_for(services: Services, fake: FakeOpencode) -> None:
    fake.keys["openai"] = SecretStr(SECRET)
    fake.broken["instances.dispose_all"] = [errors.ServerUnreachable("It is away.")] * 3
    assert (await services.credentials.load_new(OPERATOR)).state == "failed"
    await services.credentials.run(OPERATOR)
    assert fake.loaded == {"openai"}


async def test_a_key_for_a_provider_nobody_knows_is_not_kept(services: Services, fake: FakeOpencode) -> None:
    report = await services.provider_access.set_key(OPERATOR, "opnerouter", SecretStr(SECRET))
    assert report.state == "not_listed"
    assert "spelling" in report.message
    assert fake.keys == {}


async def test_a_key_for_a_provider_nobody_knows_is_not_kept_when_it_had_to_wait(
    services: Services, fake: FakeOpencode
) -> None:
    session_id = fake.add_session()
    fake.waiting.add(session_id)
    await services.prompts.send(OPERATOR, session_id, PromptDraft(text="work"))
    await until(services.store.busy_sessions)
    assert (await services.provider_access.set_key(OPERATOR, "opnerouter", SecretStr(SECRET))).state == "pending"
    assert "opnerouter" in fake.keys
    fake.finish(session_id)
    await until(lambda: fake.keys == {})


@pytest.mark.parametrize("key", ["", "  ", "two words", "line\nbreak", "x" * 5000])
async def test_what_is_no_key_is_refused_in_words(services: Services, fake: FakeOpencode, key: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        await services.provider_access.set_key(OPERATOR, "openai", SecretStr(key))
    assert key.strip() == "" or key not in raised.value.message
    assert "auth.set_key" not in fake.calls


async def test_a_removed_provider_is_gone(services: Services, fake: FakeOpencode) -> None:
    await services.provider_access.set_key(OPERATOR, "openai", SecretStr(SECRET))
    await services.provider_access.remove(OPERATOR, "openai")
    assert await names(services) == []


async def test_a_sign_in_ends_with_the_code_the_person_brings(services: Services, fake: FakeOpencode) -> None:
    begun = await services.provider_access.begin(OPERATOR, "openai", 0, {})
    assert begun.url == fake.sign_in_url
    report = await services.provider_access.finish(OPERATOR, "openai", 0, SecretStr("code"))
    assert report.state == "connected"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "http://evil.example",
        "http://localhost.evil.example",
        "http://localhost@evil.example",
        "data:text/html,x",
        "",
    ],
)
async def test_an_address_that_is_not_safe_is_not_opened(services: Services, fake: FakeOpencode, url: str) -> None:
    fake.sign_in_url = url
    with pytest.raises(InvalidInput):
        await services.provider_access.begin(OPERATOR, "openai", 0, {})
    with pytest.raises(InvalidInput):
        await services.extensions.begin_mcp_sign_in(OPERATOR, "wiki")


async def test_no_key_is_in_what_the_page_gets_or_the_log_keeps(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    await services.provider_access.set_key(OPERATOR, "openai", SecretStr(SECRET))
    await services.provider_access.set_key(OPERATOR, "nobody", SecretStr(SECRET))
    assert SECRET not in repr(await services.provider_access.overview(OPERATOR))
    assert SECRET not in repr(services.credentials.report)
    assert SECRET not in caplog.text


async def test_mcp_servers_are_switched_and_tell_how_they_stand(services: Services) -> None:
    extensions = services.extensions
    assert [(row.name, row.status) for row in await extensions.mcp_servers()] == [
        ("files", "connected"),
        ("wiki", "needs_auth"),
    ]
    assert not (await extensions.switch_mcp(OPERATOR, "files", on=False)).is_on
    tried = await extensions.switch_mcp(OPERATOR, "files", on=True)
    assert (tried.status, tried.error) == ("failed", "It is away.")
    with pytest.raises(errors.NotFound):
        await extensions.switch_mcp(OPERATOR, "nothing", on=True)


async def test_an_mcp_server_is_signed_in_and_out(services: Services, fake: FakeOpencode) -> None:
    assert await services.extensions.begin_mcp_sign_in(OPERATOR, "wiki") == fake.sign_in_url
    done = await services.extensions.finish_mcp_sign_in(OPERATOR, "wiki", SecretStr("code"))
    assert done.status == "connected"
    assert (await services.extensions.sign_out_mcp(OPERATOR, "wiki")).status == "needs_auth"


async def test_a_server_that_offers_no_sign_in_is_told_in_words(services: Services, fake: FakeOpencode) -> None:
    fake.broken["mcp.authorize"] = [errors.ServerFault("Unexpected", status=500)]
    with pytest.raises(InvalidInput, match="offers no sign-in"):
        await services.extensions.begin_mcp_sign_in(OPERATOR, "files")


async def test_only_formatters_in_use_are_listed(services: Services) -> None:
    assert [one.name for one in await services.extensions.formatters()] == ["ruff"]
    assert [one.name for one in await services.extensions.skills()] == ["deploying", "testing"]
