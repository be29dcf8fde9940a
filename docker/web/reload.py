"""Runs the web while its source is worked on: `reload.py FOLDER COMMAND...`.

A changed file starts it anew. So does its end, first after a second and then ever later, up to half a minute: a web
that was killed comes back by itself, and one that cannot start is not tried in a hurry. SIGTERM and SIGINT end both.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time

from watchfiles import watch

STOP_SECONDS = 6
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
STEADY_SECONDS = 60
"""Who has run for so long is not one who cannot start."""
LOOK_MILLISECONDS = 500

stopped = threading.Event()


def main() -> None:
    folder, command = sys.argv[1], sys.argv[2:]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    pause, again_at = FIRST_PAUSE, None
    child, began = start(command)
    changes = watch(
        folder, stop_event=stopped, rust_timeout=LOOK_MILLISECONDS, yield_on_timeout=True, raise_interrupt=False
    )
    for changed in changes:
        if changed:
            say(f"{len(changed)} changed, starting again")
            stop(child)
            pause, again_at = FIRST_PAUSE, None
            child, began = start(command)
        elif again_at is not None:
            if time.monotonic() >= again_at:
                again_at = None
                child, began = start(command)
        elif child.poll() is not None:
            if time.monotonic() - began > STEADY_SECONDS:
                pause = FIRST_PAUSE
            say(
                f"the web ended with status {child.returncode}; starting again in {pause:.0f} s, or when a file changes"
            )
            again_at = time.monotonic() + pause
            pause = min(pause * 2, LONGEST_PAUSE)
    stop(child)


def start(command: list[str]) -> tuple[subprocess.Popen[bytes], float]:
    return subprocess.Popen(command), time.monotonic()


def stop(child: subprocess.Popen[bytes]) -> None:
    """Asks it to end, and makes it."""
    if child.poll() is not None:
        return
    child.send_signal(signal.SIGINT)
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def say(words: str) -> None:
    sys.stdout.write(f"web-container: {words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
