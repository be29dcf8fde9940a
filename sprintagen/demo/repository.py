"""The sample repository: a corner shop in a few Python files, with tests, a README and one bug."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path

SAMPLE = Path(__file__).parent / "sample"
AUTHOR = ("-c", "user.name=Sprintagen Demo", "-c", "user.email=demo@localhost")


class SampleError(Exception):
    """The sample repository could not be made.

    Args:
        message: What happened and why.
        hint: What the person can do about it.
    """

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def prepare_sample(target: Path) -> Path:
    """A git repository at `target` with the sample committed; one that is there already is left as it is.

    Returns:
        The repository's absolute path, symbolic links resolved, as opencode will name it.

    Raises:
        SampleError: git is missing, or the place cannot be written.
    """
    target = target.resolve()
    if (target / ".git").is_dir():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Made beside its place and renamed at the end, so that nothing half done is ever found there.
        with tempfile.TemporaryDirectory(prefix=".sample-", dir=target.parent, ignore_cleanup_errors=True) as work:
            repository = Path(work) / "repository"
            shutil.copytree(SAMPLE, repository, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
            _commit(repository)
            repository.rename(target)
    except OSError as error:
        raise SampleError(
            f"The sample repository cannot be written to {target}: {error.strerror}.",
            hint="Choose a place you may write to with SPRINTAGEN_DATA_DIR.",
        ) from error
    return target


def _commit(repository: Path) -> None:
    _git(repository, "init", "--quiet", "--initial-branch=main")
    (repository / ".git" / "info").mkdir(exist_ok=True)
    (repository / ".git" / "info" / "exclude").write_text("__pycache__/\n", encoding="utf-8")
    _git(repository, "add", "--all")
    # The number makes every sample a commit of its own: opencode takes the first commit for a project's identity.
    till = f"Till number {secrets.token_hex(4)}."
    _git(repository, *AUTHOR, "commit", "--quiet", "--message=Open the corner shop", f"--message={till}")


def _git(directory: Path, *arguments: str) -> None:
    # The person's own git configuration (signing, hooks, templates) has no say here.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}
    try:
        subprocess.run(
            ["git", *arguments], cwd=directory, env=environment, check=True, capture_output=True, text=True, timeout=60
        )
    except FileNotFoundError as error:
        raise SampleError(
            "The demo needs git, and there is none on PATH.", hint="Install git and start again."
        ) from error
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        detail = str(error.stderr or "").strip() or "it did not end"
        raise SampleError(
            f"git could not make the sample repository: {detail}.",
            hint="Try it by hand in a new directory: git init, git commit.",
        ) from error
