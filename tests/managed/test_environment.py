from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from sprintagen.config import Settings
from sprintagen.managed.environment import SETTINGS_OF_OURS, child_environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pytest


def build(base: Mapping[str, str], **more: Any) -> dict[str, str]:
    return child_environment(
        base, username="opencode", password=SecretStr("pw"), owner=("SPRINTAGEN_OWNER", "mark"), **more
    )


def test_every_setting_of_ours_stays_out() -> None:
    names = {name.upper() for name in Settings.model_fields}
    result = build(dict.fromkeys(names, "leak"))

    assert "leak" not in result.values()
    assert {name for name in names if not name.startswith("SPRINTAGEN_")} == SETTINGS_OF_OURS


def test_the_persons_own_variables_go_through() -> None:
    result = build({"LANG": "de_AT.UTF-8", "OPENCODE_CONFIG": "/mine.json", "GROQ_API_KEY": "gsk"})

    assert result["LANG"] == "de_AT.UTF-8"
    assert result["OPENCODE_CONFIG"] == "/mine.json"
    assert result["GROQ_API_KEY"] == "gsk"


def test_a_home_of_its_own_hides_the_persons_configuration(tmp_path: Path) -> None:
    result = build({"HOME": "/home/me", "XDG_CONFIG_HOME": "/mine", "OPENCODE_CONFIG": "/mine.json"}, home=tmp_path)

    assert result["HOME"] == str(tmp_path)
    assert {result[f"XDG_{kind}_HOME"] for kind in ("DATA", "CONFIG", "STATE", "CACHE")} == {
        str(tmp_path / kind) for kind in ("data", "config", "state", "cache")
    }
    assert "OPENCODE_CONFIG" not in result


def test_extra_variables_come_last_but_for_what_the_server_must_have() -> None:
    result = build({"A": "old"}, extra={"A": "new", "OPENCODE_SERVER_PASSWORD": "theirs", "OPENAI_API_KEY": "k"})

    assert (result["A"], result["OPENCODE_SERVER_PASSWORD"], result["OPENAI_API_KEY"]) == ("new", "pw", "k")
    assert result["SPRINTAGEN_OWNER"] == "mark"


def test_configuration_is_handed_over_as_json() -> None:
    assert json.loads(build({}, config={"model": "a/b"})["OPENCODE_CONFIG_CONTENT"]) == {"model": "a/b"}


def test_ripgreps_folder_comes_first_on_path(tmp_path: Path) -> None:
    assert build({"PATH": "/bin"}, ripgrep_dir=tmp_path)["PATH"] == f"{tmp_path}{os.pathsep}/bin"


def test_our_own_virtual_environment_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", "/srv/sprintagen/.venv")
    result = build({"PATH": "/srv/sprintagen/.venv/bin:/usr/bin", "VIRTUAL_ENV": "/srv/sprintagen/.venv"})

    assert result["PATH"] == "/usr/bin"
    assert "VIRTUAL_ENV" not in result
    assert build({"VIRTUAL_ENV": "/home/me/shop/.venv"})["VIRTUAL_ENV"] == "/home/me/shop/.venv"
