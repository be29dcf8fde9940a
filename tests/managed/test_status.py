from __future__ import annotations

from sprintagen.managed.status import Crashes, Limits


def test_the_pause_before_a_restart_grows_and_then_stays() -> None:
    crashes = Crashes(Limits(backoff=(0.5, 1.0, 2.0)))
    pauses = []
    for _ in range(5):
        crashes.add()
        pauses.append(crashes.pause)

    assert pauses == [0.5, 1.0, 2.0, 2.0, 2.0]
