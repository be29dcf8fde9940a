from __future__ import annotations

from sprintagen.demo import MODEL_NAME, opencode_config


def test_the_demo_has_no_provider_but_ours() -> None:
    config = opencode_config("http://127.0.0.1:9/v1")
    assert config["enabled_providers"] == list(config["provider"]) == ["scripted"]
    assert config["provider"]["scripted"]["options"]["baseURL"] == "http://127.0.0.1:9/v1"


def test_the_page_can_tell_from_the_names_that_it_is_scripted() -> None:
    provider = opencode_config("http://127.0.0.1:9/v1")["provider"]["scripted"]
    assert "Scripted" in provider["name"]
    assert [model["name"] for model in provider["models"].values()] == [MODEL_NAME]


def test_edits_and_commands_are_asked_for() -> None:
    assert opencode_config("http://127.0.0.1:9/v1")["permission"] == {"edit": "ask", "bash": "ask"}
