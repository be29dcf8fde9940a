"""Secrets by file: every secret setting, which place counts, and what is said of a file that cannot be used."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from sprintagen import config
from sprintagen.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "postgres://canary-of-sixteen"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in config.SECRETS:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "secret").write_text(SECRET + "\n")
    return tmp_path


def secret_of(name: str) -> str | None:
    value = getattr(config.load(), name.lower())
    assert value is None or isinstance(value, SecretStr)
    return value.get_secret_value() if value is not None else None


def test_what_is_a_secret_is_known() -> None:
    assert {
        "OPENCODE_SERVER_PASSWORD", "OPENCODE_PROVIDER_API_KEY", "ANTHROPIC_API_KEY", "OPENROUTER_API_KEY",
        "CEREBRAS_API_KEY", "OPENAI_API_KEY", "DATABASE_URL", "SPRINTAGEN_TOKEN", "SPRINTAGEN_PASSWORD",
    } <= set(config.SECRETS)  # fmt: skip


@pytest.mark.parametrize("name", config.SECRETS)
def test_a_secret_that_is_unset_or_empty_is_read_from_its_file(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{name}_FILE", "secret")
    assert secret_of(name) == SECRET
    monkeypatch.setenv(name, "")
    assert secret_of(name) == SECRET


def test_a_value_of_ones_own_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPRINTAGEN_TOKEN_FILE", "secret")
    monkeypatch.setenv("SPRINTAGEN_TOKEN", "a-token-of-my-own-1234")
    assert secret_of("SPRINTAGEN_TOKEN") == "a-token-of-my-own-1234"


def test_the_environments_file_wins_over_the_env_files_value_and_its_file_over_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".env").write_text("SPRINTAGEN_TOKEN=the-token-in-the-env-file\nOPENAI_API_KEY_FILE=secret\n")
    assert secret_of("SPRINTAGEN_TOKEN") == "the-token-in-the-env-file"
    assert secret_of("OPENAI_API_KEY") == SECRET
    monkeypatch.setenv("SPRINTAGEN_TOKEN_FILE", "secret")
    assert secret_of("SPRINTAGEN_TOKEN") == SECRET


def test_an_empty_name_of_a_file_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPRINTAGEN_TOKEN_FILE", "")
    assert secret_of("SPRINTAGEN_TOKEN") is None


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "cannot be read: no such file or directory"),
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"\xff\xfe", "is not text"),
        (b"x" * 70_000, "is larger than 64 kB"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_words(
    folder: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, why: str
) -> None:
    if content is not None:
        (folder / "bad").write_bytes(content)
    monkeypatch.setenv("SPRINTAGEN_TOKEN_FILE", "bad")
    with pytest.raises(SettingsError) as caught:
        config.load()
    assert caught.value.problems == [f"SPRINTAGEN_TOKEN_FILE: wants a file with the secret in it; bad {why}"]


def test_a_folder_and_a_file_of_somebody_else_are_told_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPRINTAGEN_TOKEN_FILE", str(folder))
    (folder / "closed").write_text(SECRET)
    (folder / "closed").chmod(0)
    monkeypatch.setenv("SPRINTAGEN_PASSWORD_FILE", "closed")
    with pytest.raises(SettingsError) as caught:
        config.load()
    said = "\n".join(caught.value.problems)
    assert "cannot be read: is a directory" in said
    if os.geteuid() != 0:  # root reads everything
        assert "cannot be read: permission denied" in said


def test_what_a_file_holds_is_checked_as_any_value_and_not_repeated(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "short").write_text("canary")
    monkeypatch.setenv("SPRINTAGEN_TOKEN_FILE", "short")
    with pytest.raises(SettingsError) as caught:
        config.load()
    assert caught.value.problems == ["SPRINTAGEN_TOKEN: wants 16 characters or more"]
