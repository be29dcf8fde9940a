"""The opencode server of our own: found or fetched, started as a child process, watched, stopped without a trace.

Start at `process.py` (`ManagedOpencode`, the child's whole life). `locate.py` and `install.py` provide the program,
`ripgrep.py` the search tool it would download otherwise, `versions.py` says which versions are supported.
Nothing here speaks HTTP itself; readiness is asked through `sprintagen.opencode`.
"""

from __future__ import annotations

from sprintagen.managed.install import provide
from sprintagen.managed.locate import Opencode
from sprintagen.managed.process import ManagedOpencode
from sprintagen.managed.ripgrep import ripgrep_directory
from sprintagen.managed.status import Endpoint, Limits, ManagedState, ManagedStatus
from sprintagen.managed.versions import PINNED_VERSION, is_supported

__all__ = [
    "PINNED_VERSION",
    "Endpoint",
    "Limits",
    "ManagedOpencode",
    "ManagedState",
    "ManagedStatus",
    "Opencode",
    "is_supported",
    "provide",
    "ripgrep_directory",
]
