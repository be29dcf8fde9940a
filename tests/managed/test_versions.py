from __future__ import annotations

import pytest

from sprintagen.managed.versions import PINNED_VERSION, compared, is_supported, parse


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("1.18.33", (1, 18, 33)),
        ("v1.2.3\n", (1, 2, 3)),
        ("1.20.0-beta.1", (1, 20, 0)),
        ("opencode", None),
        ("1.18", None),
        ("", None),
        ("1.18.33; rm", None),
    ],
)
def test_a_version_is_three_numbers(text: str, version: tuple[int, int, int] | None) -> None:
    assert parse(text) == version


@pytest.mark.parametrize(
    ("text", "supported"),
    [
        ("1.17.99", False),
        ("1.18.0", True),
        ("1.19.7", True),
        ("1.20.0", False),
        ("0.0.0-dev-2026", False),
        ("?", False),
    ],
)
def test_only_the_range_the_client_was_checked_against_is_supported(text: str, supported: bool) -> None:
    assert is_supported(text) is supported


def test_the_pinned_version_is_supported() -> None:
    assert is_supported(PINNED_VERSION)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1.18.33", ""),
        ("1.18.4", "opencode 1.18.4 is older than 1.18.33, which sprintagen is tested with."),
        ("1.19.0", "opencode 1.19.0 is newer than 1.18.33, which sprintagen is tested with."),
        ("1.18.33-beta.1", "opencode 1.18.33-beta.1 is another build of 1.18.33, which sprintagen is tested with."),
        ("local", "opencode calls its version 'local'; sprintagen is tested with 1.18.33."),
    ],
)
def test_another_version_than_the_tested_one_is_told_as_older_or_newer(
    text: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sprintagen.managed.versions.PINNED_VERSION", "1.18.33")
    assert compared(text) == said
