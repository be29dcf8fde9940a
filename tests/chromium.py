"""The Chromium that tests and measurements drive, and how it is started."""

from __future__ import annotations

import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find() -> str | None:
    """The program; None: there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def need() -> str:
    """The program, or the test is skipped and says what it needs."""
    program = find()
    if program is None:
        pytest.skip(f"needs a browser: install one of {', '.join(NAMES)} (Debian: apt install chromium)")
    return program
