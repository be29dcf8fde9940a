"""All of `models/`: they share one base, so what must hold is asked of every one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from sprintagen.opencode import models
from sprintagen.opencode.models import (
    AssistantMessage,
    Message,
    MessageWithParts,
    Part,
    Provider,
    ProviderList,
    Session,
    TextPart,
    Tokens,
    ToolPart,
    ToolState,
    ToolUnknown,
    UnknownMessage,
    UnknownPart,
    UserMessage,
)
from sprintagen.opencode.models.base import WireModel, epoch_ms, wire_name
from tests.opencode.fakes import SESSION, TEXT, USER

ALL = [
    value
    for name in models.__all__
    if isinstance(value := getattr(models, name), type) and issubclass(value, WireModel)
]


@pytest.mark.parametrize(
    ("python", "wire"),
    [
        ("id", "id"),
        ("session_id", "sessionID"),
        ("parent_id", "parentID"),
        ("mime_type", "mimeType"),
        ("title", "title"),
    ],
)
def test_names_are_pythons_here_and_the_servers_on_the_wire(python: str, wire: str):
    assert wire_name(python) == wire


@pytest.mark.parametrize("model", ALL, ids=lambda model: model.__name__)
def test_every_model_is_frozen_and_hides_values_from_its_errors(model: type[WireModel]):
    assert model.model_config["frozen"]
    with pytest.raises(ValidationError) as caught:
        model.model_validate("sk-secret")
    assert "sk-secret" not in str(caught.value)


def test_both_names_are_taken():
    assert Session.model_validate(SESSION).project_id == "p1"
    assert TextPart(id="prt_1", session_id="ses_1", message_id="msg_1").session_id == "ses_1"  # type: ignore[arg-type]


def test_times_are_aware_and_exact_to_the_millisecond():
    session = Session.model_validate(SESSION)
    assert session.time.created == datetime(2026, 11, 22, 22, 46, 41, 697000, tzinfo=UTC)
    assert epoch_ms(session.time.created) == 1795387601697


def test_a_small_time_is_in_milliseconds_too():
    session = Session.model_validate({**SESSION, "time": {"created": 1500, "updated": 0}})
    assert epoch_ms(session.time.created) == 1500


def test_the_least_a_session_can_have_is_enough():
    session = Session.model_validate({"id": "ses_1", "directory": "/a", "time": {"created": 1, "updated": 1}})
    assert (session.title, session.cost, session.tokens, session.parent_id) == ("", 0, None, None)


def test_what_the_server_could_not_compute_is_zero():
    assert Session.model_validate({**SESSION, "cost": None}).cost == 0
    assert Tokens.model_validate({"input": None, "cache": {"read": None}}).cache.read == 0


def test_a_session_keeps_what_we_do_not_know():
    assert Session.model_validate({**SESSION, "workspaceID": "w"}).model_extra == {"workspaceID": "w"}


PART: TypeAdapter[Any] = TypeAdapter(Part)
STATE: TypeAdapter[Any] = TypeAdapter(ToolState)
MESSAGE: TypeAdapter[Any] = TypeAdapter(Message)


def test_a_part_that_cannot_be_read_is_kept_with_the_reason():
    part = PART.validate_python({**TEXT, "text": {"key": "sk-1"}})
    assert isinstance(part, UnknownPart)
    assert part.type == "text"
    assert "text" in part.unreadable
    assert "sk-1" not in part.unreadable
    assert part.model_extra == {"text": {"key": "sk-1"}}


def test_a_part_without_an_id_is_none():
    with pytest.raises(ValidationError):
        PART.validate_python({"type": "text", "text": "x"})


@pytest.mark.parametrize("state", [{"status": "dreaming", "of": 1}, {"status": "running", "input": 5}, {"of": 1}])
def test_a_tool_state_we_do_not_know_is_kept_and_the_call_stays_one(state: dict[str, Any]):
    part = PART.validate_python({**TEXT, "type": "tool", "callID": "c", "tool": "bash", "state": state})
    assert isinstance(part, ToolPart)
    assert isinstance(part.state, ToolUnknown)
    assert part.state.status == state.get("status", "")


def test_a_state_made_here_passes_as_it_is():
    state = ToolUnknown(status="x")
    assert STATE.validate_python(state) is state


def test_messages_are_told_apart_by_role():
    assert isinstance(MESSAGE.validate_python(USER), UserMessage)
    assert isinstance(MESSAGE.validate_python({**USER, "role": "assistant"}), AssistantMessage)
    oracle = MESSAGE.validate_python({**USER, "role": "oracle"})
    assert isinstance(oracle, UnknownMessage)
    assert oracle.role == "oracle"
    spoiled = MESSAGE.validate_python({**USER, "time": "yesterday"})
    assert isinstance(spoiled, UnknownMessage)
    assert spoiled.unreadable


def test_one_unreadable_part_does_not_cost_the_message():
    message = MessageWithParts.model_validate({"info": USER, "parts": [TEXT, {**TEXT, "text": 5}]})
    assert [type(part) for part in message.parts] == [TextPart, UnknownPart]


SECRET_PROVIDER = {
    "id": "acme",
    "name": "Acme",
    "source": "config",
    "env": ["ACME_API_KEY"],
    "key": "sk-canary-key",
    "options": {"apiKey": "sk-canary-option", "headers": {"x": "sk-canary-header"}},
    "models": {
        "m1": {
            "id": "m1",
            "providerID": "acme",
            "name": "M1",
            "api": {"id": "m1", "url": "http://sk-canary-url"},
            "capabilities": {"reasoning": True, "input": {"image": False}, "secret": "sk-canary-cap"},
            "cost": {"input": 1, "output": 2, "cache": {"read": 0, "write": 0}},
            "limit": {"context": 128000, "output": 8000},
            "options": {"token": "sk-canary-model"},
            "headers": {"authorization": "sk-canary-auth"},
            "variants": {"high": {"apiKey": "sk-canary-variant"}, "low": {}},
        }
    },
}


def test_a_provider_drops_every_place_a_key_can_be_in():
    providers = ProviderList.model_validate(
        {"providers": [SECRET_PROVIDER], "default": {"acme": "m1"}, "key": "sk-canary"}
    )
    assert "sk-canary" not in repr(providers) + str(providers.model_dump()) + str(providers.model_extra)
    provider = providers.providers[0]
    assert isinstance(provider, Provider)
    assert provider.model_extra is None
    model = provider.models["m1"]
    assert list(model.variants) == ["high", "low"]
    assert (model.limit.context, model.cost.output, model.capabilities.reasoning) == (128000, 2, True)
