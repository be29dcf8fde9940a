from __future__ import annotations

import socket

from sprintagen.managed.ports import HOST, choose_port, is_free


def test_ports_are_chosen_where_the_system_gives_none_away() -> None:
    chosen = {choose_port() for _ in range(20)}

    assert all(10_000 <= port < 32_768 for port in chosen)
    assert len(chosen) > 1


def test_a_port_somebody_listens_on_is_not_free() -> None:
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()

        assert not is_free(other.getsockname()[1])
