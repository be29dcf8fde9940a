"""Settings: what is accepted, what is refused in which words, and that no value is repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from sprintagen import config
from sprintagen.errors import SettingsError


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_defaults_listen_on_loopback_only() -> None:
    settings = config.load()
    assert settings.sprintagen_host == "127.0.0.1"
    assert settings.sprintagen_port == 8080
    assert settings.is_managed


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("SPRINTAGEN_PORT", "eighty", "SPRINTAGEN_PORT: wants a whole number"),
        ("SPRINTAGEN_PORT", "70000", "SPRINTAGEN_PORT: wants a number from 0 to 65535"),
        ("SPRINTAGEN_LOG_LEVEL", "loud", "SPRINTAGEN_LOG_LEVEL: wants one of DEBUG, INFO, WARNING, ERROR"),
        ("OPENCODE_SERVER_URL", "opencode:4096", "OPENCODE_SERVER_URL: wants http://host:port or https://host"),
        ("OPENCODE_SERVER_URL", "http://u:hunter2@h:1", "OPENCODE_SERVER_URL: wants no user name or password in it"),
        ("OPENCODE_SERVER_USERNAME", "a:b", "OPENCODE_SERVER_USERNAME: wants a name without a colon"),
        ("OPENCODE_PROVIDER_ID", "../etc", "OPENCODE_PROVIDER_ID: wants a provider's id"),
        ("GIT_REPO_URL", "--upload-pack=x", "GIT_REPO_URL: wants a repository's address"),
        ("DATABASE_URL", "mysql://u:hunter2@h/db", "DATABASE_URL: wants sqlite:///path, postgres://"),
        ("SPRINTAGEN_TOKEN", "hunter2", "SPRINTAGEN_TOKEN: wants 16 characters or more"),
    ],
)
def test_an_unusable_value_is_named_in_one_line_without_the_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, wanted: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        config.load()
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith(wanted)
    assert "hunter2" not in str(caught.value)


def test_every_unusable_value_has_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPRINTAGEN_PORT", "x")
    monkeypatch.setenv("SPRINTAGEN_LOG_LEVEL", "x")
    with pytest.raises(SettingsError) as caught:
        config.load()
    assert len(caught.value.problems) == 2


def test_listening_beyond_loopback_needs_a_token_of_the_operators_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPRINTAGEN_HOST", "0.0.0.0")
    with pytest.raises(SettingsError, match="SPRINTAGEN_TOKEN: wants a token of your own"):
        config.load()
    monkeypatch.setenv("SPRINTAGEN_TOKEN", "a-token-of-my-own-1234")
    assert config.load().sprintagen_host == "0.0.0.0"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_loopback_addresses_need_no_token(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("SPRINTAGEN_HOST", host)
    assert config.load().sprintagen_token is None


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENCODE_SERVER_URL", "")
    monkeypatch.setenv("OPENCODE_SERVER_PASSWORD", "")
    settings = config.load()
    assert settings.is_managed
    assert settings.opencode_server_password is None


def test_env_file_is_read_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("SPRINTAGEN_PORT=9001\nSPRINTAGEN_LOG_LEVEL=debug\nSOMEBODY_ELSES=1\n")
    monkeypatch.setenv("SPRINTAGEN_PORT", "9002")
    settings = config.load()
    assert settings.sprintagen_port == 9002
    assert settings.sprintagen_log_level == "DEBUG"


def test_secrets_stay_out_of_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENCODE_SERVER_PASSWORD", "OPENROUTER_API_KEY", "SPRINTAGEN_TOKEN", "DATABASE_URL"):
        monkeypatch.setenv(name, "sqlite://canary-canary-canary")
    assert "canary" not in repr(config.load())


def test_file_database_url_becomes_tortoises_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "file:./db.sqlite")
    assert config.load().tortoise_url.get_secret_value() == f"sqlite://{tmp_path}/db.sqlite"


def test_database_default_is_a_file_in_the_data_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPRINTAGEN_DATA_DIR", str(tmp_path / "data"))
    assert config.load().tortoise_url.get_secret_value() == f"sqlite://{tmp_path}/data/db.sqlite"


def test_credentials_tell_a_missing_id_from_a_missing_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENCODE_PROVIDER_API_KEY", "key-without-a-name")
    assert config.load().credentials.missing_id
    monkeypatch.delenv("OPENCODE_PROVIDER_API_KEY")
    monkeypatch.setenv("OPENCODE_PROVIDER_ID", "cerebras")
    assert config.load().credentials.missing_key
    monkeypatch.setenv("CEREBRAS_API_KEY", "its-own-variable")
    credentials = config.load().credentials
    assert not credentials.missing_key
    assert [pair.provider_id for pair in credentials.complete] == ["cerebras"]


def test_the_general_pair_wins_over_the_ready_made_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "ready-made")
    monkeypatch.setenv("OPENCODE_PROVIDER_ID", "openai")
    monkeypatch.setenv("OPENCODE_PROVIDER_API_KEY", "general")
    (pair,) = config.load().credentials.complete
    assert pair.key.get_secret_value() == "general"
