from __future__ import annotations

from typing import Any

import pytest

from sprintagen.opencode.models import MessageError
from sprintagen.ui.chats.failure import describe_failure


@pytest.mark.parametrize(
    ("status", "title"),
    [
        (401, "The provider refused the key"),
        (402, "The provider wants to be paid"),
        (404, "The provider does not know this model"),
        (429, "The provider's rate limit is reached"),
        (503, "The provider is in trouble"),
        (400, "The provider did not take the request"),
        (None, "The provider could not be reached"),
    ],
)
def test_each_refusal_of_a_provider_has_its_words(status: int | None, title: str) -> None:
    words = describe_failure(MessageError(name="APIError", data={"message": "Because.", "statusCode": status}))
    assert words.title == title
    assert words.reason.startswith("Because.")
    assert words.advice


@pytest.mark.parametrize("name", ["ProviderAuthError", "ContextOverflowError", "MessageOutputLengthError", "Brandnew"])
@pytest.mark.parametrize("data", [{}, {"message": 3}, {"message": "Why"}])
def test_every_failure_has_a_title_and_advice_whatever_came_with_it(name: str, data: dict[str, Any]) -> None:
    words = describe_failure(MessageError(name=name, data=data))
    assert words.title
    assert words.advice


def test_addresses_and_headers_of_the_provider_are_not_shown() -> None:
    data = {
        "message": "No",
        "responseHeaders": {"x": "y"},
        "metadata": {"url": "http://inside"},
        "responseBody": "body",
    }
    assert "inside" not in " ".join(describe_failure(MessageError(name="APIError", data=data)))
