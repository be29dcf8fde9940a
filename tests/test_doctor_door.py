"""The way in, as doctor tells it."""

from __future__ import annotations

import socket
from typing import Any

from sprintagen import doctor_door
from sprintagen.config import Settings


def settings(**given: Any) -> Settings:
    return Settings(_env_file=None, **given)


def test_a_port_in_use_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        state, said, advice = doctor_door.port(settings(sprintagen_port=number))
    assert (state, said) == ("warn", f"{number} on 127.0.0.1 is in use.")
    assert "SPRINTAGEN_PORT" in advice
    assert doctor_door.port(settings(sprintagen_port=0)) == ("ok", "Any free one on 127.0.0.1.", "")


def test_a_name_of_a_proxys_without_a_trusted_proxy_is_a_warning() -> None:
    alone = doctor_door.way_in(settings())
    assert alone == ("ok", "Answers to its own addresses. Believes no proxy.", "")
    state, said, advice = doctor_door.way_in(settings(sprintagen_allowed_hosts="chat.example"))
    assert (state, "chat.example" in said, "SPRINTAGEN_TRUSTED_PROXIES" in advice) == ("warn", True, True)
    state, said, _ = doctor_door.way_in(
        settings(sprintagen_allowed_hosts="a.example", sprintagen_trusted_proxies="10.0.0.2", sprintagen_root_path="/x")
    )
    assert state == "ok"
    assert "Lives below /x. Believes forwarding headers from 10.0.0.2/32." in said


def test_the_form_of_the_log_is_told() -> None:
    assert "text for people" in doctor_door.log(settings())[1]
    assert "JSON" in doctor_door.log(settings(sprintagen_log_format="JSON"))[1]
