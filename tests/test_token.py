"""The access token: the operator's, or one made once and kept for its owner only."""

from __future__ import annotations

import stat
import threading
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from sprintagen.config import Settings
from sprintagen.errors import SprintagenError
from sprintagen.token import load_token, token_file

if TYPE_CHECKING:
    from pathlib import Path


def settings(folder: Path, token: str | None = None) -> Settings:
    return Settings(sprintagen_data_dir=folder, sprintagen_token=SecretStr(token) if token else None, _env_file=None)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_operators_token_wins_and_is_not_written_down(tmp_path: Path) -> None:
    assert load_token(settings(tmp_path, "the operator's own")).get_secret_value() == "the operator's own"
    assert not token_file(settings(tmp_path)).exists()


def test_a_token_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    wanted = settings(tmp_path / "new" / "data")
    token = load_token(wanted)
    assert len(token.get_secret_value()) >= 32
    assert load_token(wanted) == token
    assert mode(token_file(wanted)) == 0o600
    assert mode(token_file(wanted).parent) == 0o700
    assert [path.name for path in token_file(wanted).parent.iterdir()] == ["token"]


def test_a_token_others_can_read_is_closed_to_them(tmp_path: Path) -> None:
    token = load_token(settings(tmp_path))
    token_file(settings(tmp_path)).chmod(0o644)
    assert load_token(settings(tmp_path)) == token
    assert mode(tmp_path / "token") == 0o600


@pytest.mark.parametrize("content", ["", "short\n", " \n\n"])
def test_what_is_too_short_to_be_a_token_is_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / "token").write_text(content)
    token = load_token(settings(tmp_path)).get_secret_value()
    assert len(token) >= 32
    assert (tmp_path / "token").read_text().strip() == token
    assert mode(tmp_path / "token") == 0o600


def test_several_starts_at_once_agree_on_one_token(tmp_path: Path) -> None:
    tokens: list[str] = []
    gate = threading.Barrier(8)

    def start() -> None:
        gate.wait()
        tokens.append(load_token(settings(tmp_path)).get_secret_value())

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tokens) == 8
    assert set(tokens) == {(tmp_path / "token").read_text().strip()}


@pytest.mark.parametrize("what", ["folder", "bytes", "no folder"])
def test_a_token_that_cannot_be_kept_is_told_in_words(tmp_path: Path, what: str) -> None:
    folder = tmp_path
    if what == "folder":
        (tmp_path / "token").mkdir()
    elif what == "bytes":
        (tmp_path / "token").write_bytes(b"\xff" * 40)
    else:
        folder = tmp_path / "file"
        folder.write_text("")
    with pytest.raises(SprintagenError, match="access token cannot be kept") as caught:
        load_token(settings(folder))
    assert "SPRINTAGEN_TOKEN" in caught.value.hint
