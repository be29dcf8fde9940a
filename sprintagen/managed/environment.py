"""What the child process may see of our environment.

The agent's shell tool inherits everything opencode has, and prints it when asked to: so what configures sprintagen
(its token, its database, the provider keys it registers through the API) stays out. Other variables of the person's
shell go through, as they would to an `opencode` started by hand. The server's own password is the exception: opencode
takes it from the environment only.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import SecretStr

SETTINGS_OF_OURS = frozenset(
    {
        "DATABASE_URL",
        "GIT_REPO_URL",
        "OPENCODE_DIRECTORY",
        "OPENCODE_PROVIDER_API_KEY",
        "OPENCODE_PROVIDER_ID",
        "OPENCODE_SERVER_PASSWORD",
        "OPENCODE_SERVER_URL",
        "OPENCODE_SERVER_USERNAME",
        "ANTHROPIC_API_KEY",
        "CEREBRAS_API_KEY",
        "OPENAI_API_KEY",
        "OPENROUTER_API_KEY",
    }
)
"""Variables that never reach the child, besides every `SPRINTAGEN_*`."""


def child_environment(
    base: Mapping[str, str],
    *,
    username: str,
    password: SecretStr,
    owner: tuple[str, str],
    extra: Mapping[str, str] | None = None,
    config: Mapping[str, Any] | None = None,
    home: Path | None = None,
    ripgrep_dir: Path | None = None,
) -> dict[str, str]:
    """The environment of an opencode child.

    Args:
        base: What it starts from, usually `os.environ`.
        username: For the server's Basic authentication.
        password: The same.
        owner: Name and value of the variable that marks every process below us.
        extra: Added last, before what the server must have.
        config: opencode configuration that wins over every file.
        home: Everything opencode keeps goes below this folder, and none of the person's configuration is read.
        ripgrep_dir: Folder put first on PATH.
    """
    result = {name: value for name, value in base.items() if not _is_ours(name)}
    if home is not None:
        result = {name: value for name, value in result.items() if not name.startswith(("OPENCODE_", "XDG_"))}
        result["HOME"] = str(home)
        for kind in ("data", "config", "state", "cache"):
            result[f"XDG_{kind.upper()}_HOME"] = str(home / kind)
    _leave_our_venv(result)
    if ripgrep_dir is not None:
        result["PATH"] = os.pathsep.join(filter(None, [str(ripgrep_dir), result.get("PATH", "")]))
    if config is not None:
        result["OPENCODE_CONFIG_CONTENT"] = json.dumps(config)
    result.update(extra or {})
    result["OPENCODE_DISABLE_AUTOUPDATE"] = "1"
    result["OPENCODE_SERVER_USERNAME"] = username
    result["OPENCODE_SERVER_PASSWORD"] = password.get_secret_value()
    result[owner[0]] = owner[1]
    return result


def _is_ours(name: str) -> bool:
    return name.startswith("SPRINTAGEN_") or name in SETTINGS_OF_OURS


def _leave_our_venv(environment: dict[str, str]) -> None:
    """The agent's `pip install` must not land in the virtual environment sprintagen runs from."""
    if sys.prefix == sys.base_prefix:
        return
    if environment.get("VIRTUAL_ENV") == sys.prefix:
        del environment["VIRTUAL_ENV"]
    if "PATH" in environment:
        ours = os.path.join(sys.prefix, "bin")
        entries = [entry for entry in environment["PATH"].split(os.pathsep) if entry.rstrip("/") != ours]
        environment["PATH"] = os.pathsep.join(entries)
