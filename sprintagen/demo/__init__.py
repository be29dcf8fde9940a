"""The demo: the real opencode with a scripted model and a small sample repository; no key and no internet needed.

`model_server` answers like a provider, `scripts` decides what it says, `answers` has the longer texts, `verbs` are
the `/x` lines with which tests drive it, `repository` makes the sample.
"""

from __future__ import annotations

from dataclasses import dataclass

from sprintagen.demo.model_server import ModelServer, ModelServerThread
from sprintagen.demo.repository import SampleError, prepare_sample
from sprintagen.demo.scripts import SCRIPTS
from sprintagen.demo.settings import MODEL_NAME, PROVIDER_ID, opencode_config

__all__ = [
    "MODEL_NAME",
    "PROVIDER_ID",
    "SUGGESTIONS",
    "ModelServer",
    "ModelServerThread",
    "SampleError",
    "Suggestion",
    "opencode_config",
    "prepare_sample",
]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A chip on an empty chat."""

    title: str
    text: str
    """What is sent when the chip is pressed."""


SUGGESTIONS = tuple(Suggestion(script.title, script.text) for script in SCRIPTS)
