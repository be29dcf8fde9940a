"""The handshake: every way it can go is told apart, nobody's turn is lost unasked, and no key is ever shown."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from sprintagen.config import CredentialSettings, ProviderCredential
from sprintagen.errors import SettingsError
from sprintagen.opencode import errors
from sprintagen.opencode.models import MessageError
from sprintagen.services.changes import Change, CredentialsChanged
from sprintagen.services.prompts import PromptDraft
from sprintagen.services.refs import OPERATOR
from tests.services.conftest import NO_KEYS, build, first_handshake
from tests.services.fakes import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sprintagen.services import Services
    from tests.services.fakes import FakeOpencode

SECRET = "sk-very-secret"


def keys(*providers: str, secret: str = SECRET) -> CredentialSettings:
    pairs = tuple(ProviderCredential(provider, SecretStr(secret)) for provider in providers)
    return CredentialSettings(provider_id=None, provider_api_key=None, ready_made=pairs)


class Keys:
    """The configured keys, which a test can change."""

    def __init__(self) -> None:
        self.now: CredentialSettings = NO_KEYS

    def __call__(self) -> CredentialSettings:
        return self.now


@pytest.fixture
def configured() -> Keys:
    return Keys()


@pytest.fixture
async def services(fake: FakeOpencode, configured: Keys, tmp_path: Path) -> AsyncIterator[Services]:
    services = build(fake, tmp_path, read_keys=configured)
    await services.start()
    fake.connect()
    await until(services.feed.is_connected)
    await first_handshake(services)
    yield services
    await services.stop()


def states(services: Services) -> dict[str, str]:
    return {provider.provider_id: provider.state for provider in services.credentials.report.providers}


async def test_without_keys_there_is_nothing_to_do(services: Services, fake: FakeOpencode) -> None:
    assert (await services.credentials.run(OPERATOR)).state == "none"
    assert "auth.set_key" not in fake.calls


async def test_keys_are_registered_loaded_and_seen(services: Services, fake: FakeOpencode, configured: Keys) -> None:
    heard: list[str] = []

    def listen(change: Change) -> None:
        if isinstance(change, CredentialsChanged):
            heard.append(services.credentials.report.state)

    services.store.changed.subscribe(listen)
    configured.now = keys("openrouter", "anthropic")
    report = await services.credentials.run(OPERATOR)
    assert report.state == "ok"
    assert states(services) == {"openrouter": "connected", "anthropic": "connected"}
    assert heard == ["running", "ok"]
    assert fake.keys["openrouter"].get_secret_value() == SECRET


async def test_the_first_connection_does_the_handshake_by_itself(
    fake: FakeOpencode, configured: Keys, tmp_path: Path
) -> None:
    configured.now = keys("openai")
    services = build(fake, tmp_path, read_keys=configured)
    await services.start()
    fake.connect()
    await until(lambda: services.credentials.report.state == "ok")
    await services.stop()


async def test_the_server_is_not_reloaded_for_keys_it_has(
    services: Services, fake: FakeOpencode, configured: Keys
) -> None:
    configured.now = keys("openrouter")
    assert await services.credentials.will_reload()
    await services.credentials.run(OPERATOR)
    assert not await services.credentials.will_reload()
    await services.credentials.run(OPERATOR)
    assert fake.calls.count("instances.dispose_all") == 1
    configured.now = keys("openrouter", secret="another")
    assert await services.credentials.will_reload()
    await services.credentials.run(OPERATOR)
    assert fake.calls.count("instances.dispose_all") == 2


async def test_a_server_that_came_back_without_its_keys_gets_them_again(
    services: Services, fake: FakeOpencode, configured: Keys
) -> None:
    configured.now = keys("openrouter")
    await services.credentials.run(OPERATOR)
    fake.keys.clear()
    fake.loaded.clear()
    fake.disconnect()
    fake.connect()
    await until(lambda: fake.loaded == {"openrouter"} and services.credentials.report.state == "ok")


async def test_a_server_that_came_back_with_its_keys_is_left_in_peace(
    services: Services, fake: FakeOpencode, configured: Keys
) -> None:
    configured.now = keys("openrouter")
    await services.credentials.run(OPERATOR)
    await until(services.feed.is_connected)
    fake.disconnect()
    await until(lambda: not services.feed.is_connected())
    looks = fake.calls.count("providers.usable")
    fake.connect()
    await until(lambda: fake.calls.count("providers.usable") >= looks + 2)
    assert fake.calls.count("instances.dispose_all") == 1


async def test_a_missing_half_is_named(services: Services, configured: Keys) -> None:
    configured.now = CredentialSettings(provider_id=None, provider_api_key=SecretStr(SECRET), ready_made=())
    report = await services.credentials.run(OPERATOR)
    assert (report.state, states(services)) == ("failed", {"": "missing_id"})
    configured.now = CredentialSettings(provider_id="acme", provider_api_key=None, ready_made=())
    report = await services.credentials.run(OPERATOR)
    assert (report.state, states(services)) == ("failed", {"acme": "missing_key"})
    assert "OPENCODE_PROVIDER_API_KEY" in report.providers[0].message


async def test_a_provider_opencode_does_not_know_is_told_from_one_it_cannot_use(
    services: Services, fake: FakeOpencode, configured: Keys
) -> None:
    configured.now = keys("openrouter", "opnerouter")
    report = await services.credentials.run(OPERATOR)
    assert report.state == "partial"
    assert states(services) == {"openrouter": "connected", "opnerouter": "not_listed"}
    assert "spelling" in report.providers[1].message

    async def disabled() -> object:
        return type("Listed", (), {"providers": []})()

    fake.providers.usable = disabled  # type: ignore[assignment, method-assign]
    report = await services.credentials.run(OPERATOR)
    assert report.state == "failed"
    assert "disable" in report.providers[0].message


async def test_a_key_the_server_will_not_take_is_refused(
    services: Services, fake: FakeOpencode, configured: Keys
) -> None:
    configured.now = keys("openrouter")
    fake.broken["auth.set_key"] = [errors.InvalidRequest(f"got {SECRET}", status=400)]
    report = await services.credentials.run(OPERATOR)
    assert (report.state, states(services)) == ("failed", {"openrouter": "refused"})
    assert "instances.dispose_all" not in fake.calls


async def test_a_key_the_provider_refuses_shows_with_the_turn_that_used_it(
    services: Services, fake: FakeOpencode, configured: Keys
) -> None:
    configured.now = keys("openrouter", "openai")
    await services.credentials.run(OPERATOR)
    await until(services.feed.is_connected)
    session_id = (await services.sessions.create(OPERATOR)).session_id
    fake.waiting.add(session_id)
    await services.prompts.send(OPERATOR, session_id, PromptDraft(text="x"))
    await until(lambda: session_id in fake.busy)
    data = {"message": f"Incorrect API key provided: {SECRET}", "statusCode": 401, "providerID": "openai"}
    fake.finish(session_id, error=MessageError(name="APIError", data=data))
    await until(lambda: services.credentials.report.state == "partial")
    assert states(services) == {"openrouter": "connected", "openai": "refused"}
    assert SECRET not in str(services.credentials.report)


async def test_a_running_turn_is_waited_for(services: Services, fake: FakeOpencode, configured: Keys) -> None:
    session_id = fake.add_session("x")
    fake.status(session_id, "busy")
    await until(lambda: services.store.state(session_id) == "working")
    configured.now = keys("openrouter")
    report = await services.credentials.run(OPERATOR)
    assert (report.state, states(services)) == ("waiting", {"openrouter": "pending"})
    assert "instances.dispose_all" not in fake.calls
    fake.status(session_id, "idle")
    await until(lambda: services.credentials.report.state == "ok")
    assert fake.calls.count("instances.dispose_all") == 1


async def test_keys_that_wait_behind_a_prompt_are_loaded_when_that_prompt_cannot_be_sent(
    services: Services, fake: FakeOpencode, configured: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = (await services.sessions.create(OPERATOR)).session_id
    refuse = asyncio.Event()

    async def prompt_async(*_: object, **__: object) -> None:
        await refuse.wait()
        raise errors.InvalidRequest("No such agent.", status=400)

    monkeypatch.setattr(fake.messages, "prompt_async", prompt_async)
    await services.prompts.send(OPERATOR, session_id, PromptDraft(text="x"))
    await until(lambda: services.prompts.is_sending)
    configured.now = keys("openrouter")
    assert (await services.credentials.run(OPERATOR)).state == "waiting"
    refuse.set()
    await until(lambda: [one.state for one in services.prompts.queue(session_id)] == ["failed"])
    await until(lambda: services.credentials.report.state == "ok")


async def test_a_running_turn_is_ended_when_the_person_says_so(
    services: Services, fake: FakeOpencode, configured: Keys
) -> None:
    session_id = fake.add_session("x")
    fake.status(session_id, "busy")
    await until(lambda: services.store.state(session_id) == "working")
    configured.now = keys("openrouter")
    assert (await services.credentials.run(OPERATOR, abort_running=True)).state == "ok"


async def test_a_prompt_sent_while_the_server_reloads_goes_out_when_it_has(
    services: Services, fake: FakeOpencode, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = (await services.sessions.create(OPERATOR)).session_id
    has_reloaded = asyncio.Event()
    monkeypatch.setattr(fake.instances, "dispose_all", has_reloaded.wait)
    loading = asyncio.create_task(services.credentials.load_new(OPERATOR))
    await until(lambda: services.credentials.is_reloading)
    await services.prompts.send(OPERATOR, session_id, PromptDraft(text="x"))
    await until(lambda: services.prompts.queue(session_id)[0].reason)
    assert "messages.prompt_async" not in fake.calls
    has_reloaded.set()
    await loading
    await until(lambda: not services.prompts.queue(session_id))
    assert fake.calls.count("messages.prompt_async") == 1


async def test_a_server_that_stumbles_is_asked_again_and_one_that_stays_away_is_given_up(
    services: Services, fake: FakeOpencode, configured: Keys
) -> None:
    configured.now = keys("openrouter")
    away = errors.ServerUnreachable("It is away.")
    fake.broken["auth.set_key"] = [away, away]
    assert (await services.credentials.run(OPERATOR)).state == "ok"
    fake.broken["providers.usable"] = [away] * 3
    report = await services.credentials.run(OPERATOR)
    assert (report.state, report.providers[0].message) == ("failed", "It is away.")


async def test_settings_that_cannot_be_read_are_said_so_and_change_nothing(
    services: Services, configured: Keys
) -> None:
    def broken() -> CredentialSettings:
        raise SettingsError(["OPENCODE_PROVIDER_ID: wants a provider's id"])

    services.credentials._read_keys = broken
    with pytest.raises(SettingsError):
        await services.credentials.run(OPERATOR)
    assert services.credentials.report.state == "none"


async def test_no_key_is_in_a_log_or_a_report(
    services: Services, fake: FakeOpencode, configured: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    configured.now = keys("openrouter", "nope")
    fake.broken["auth.set_key"] = [errors.ServerFault("failed", status=500)]
    report = await services.credentials.run(OPERATOR)
    assert SECRET not in caplog.text + repr(report) + repr(services.credentials.__dict__)
