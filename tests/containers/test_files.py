"""What the container files promise on paper: one pinned version, loopback ports, no root, every variable explained."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from sprintagen.db import close_db, open_db, sqlite_file
from sprintagen.managed.versions import PINNED_VERSION
from tests.containers.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPTS = sorted((ROOT / "docker").rglob("*.sh"))
PAPERS = [
    *(ROOT / name for name in ("Dockerfile", "Dockerfile.opencode", "docker-compose.yml", ".env.example", "Makefile")),
    *(path for folder in ("docker", ".ci") for path in sorted((ROOT / folder).rglob("*")) if path.is_file()),
]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    yaml = pytest.importorskip("yaml", reason="reading docker-compose.yml needs PyYAML")
    content: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return content


def test_the_opencode_version_is_named_in_one_place() -> None:
    papers = [path for path in PAPERS if path.exists()]
    naming = [str(path.relative_to(ROOT)) for path in papers if PINNED_VERSION in path.read_text(encoding="utf-8")]
    assert naming == [], "sprintagen/managed/versions.py says it; these are to read it from there"


def test_the_dockerfile_finds_the_pinned_version() -> None:
    dockerfile = (ROOT / "Dockerfile.opencode").read_text(encoding="utf-8")
    (expression,) = re.findall(r"sed -nE '([^']+)' versions\.py", dockerfile)
    source = ROOT / "sprintagen/managed/versions.py"
    found = subprocess.run(["sed", "-nE", expression, str(source)], capture_output=True, text=True, check=True).stdout
    assert found.strip() == PINNED_VERSION


def test_every_published_port_is_on_loopback(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert "ports" not in compose["services"]["opencode"]


def test_opencode_is_published_by_a_profile_only(compose: dict[str, Any]) -> None:
    publishing = {name for name, service in compose["services"].items() if "ports" in service}
    assert publishing == {"web", "opencode-port"}
    assert compose["services"]["opencode-port"]["profiles"] == ["debug"]


def test_what_stays_running_has_no_root_no_capability_and_no_writable_system(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["read_only"] is True, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        if name == "prepare":
            assert service["network_mode"] == "none"
        else:
            assert service["user"].startswith("${SPRINTAGEN_UID:-1000}"), name
            assert "cap_add" not in service, name


def test_the_agents_container_is_given_neither_provider_keys_nor_the_webs_secrets(compose: dict[str, Any]) -> None:
    opencode = compose["services"]["opencode"]
    not_for_it = {"SPRINTAGEN_TOKEN", "DATABASE_URL", "GIT_REPO_URL"}
    assert not {name for name in opencode["environment"] if name.endswith("_API_KEY") or name in not_for_it}
    sources = {volume.split(":")[0] for volume in opencode["volumes"] if not volume.startswith("$")}
    assert sources == {"opencode-home", "workspace", "opencode-password"}


def test_every_variable_of_the_compose_file_is_explained_with_its_default() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    written = dict(re.findall(r"^#([A-Z][A-Z0-9_]+)=(.*)$", example, flags=re.MULTILINE))
    used = re.findall(r"\$\{([A-Z0-9_]+)(?::-([^}]*))?\}", (ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    assert used
    own_defaults = {"DATABASE_URL": "file:/app/db.sqlite", "GIT_REPO_DIR": "no-repository"}
    for name, default in used:
        assert name in written, f"{name} is not in .env.example"
        assert default in (written[name], own_defaults.get(name, ""), ""), (
            f"{name}: .env.example says other than {default!r}"
        )


def test_every_service_that_stays_has_a_limit_of_memory_and_of_processes(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        if name != "prepare":
            assert service["mem_limit"], name
            assert service["pids_limit"], name


def test_the_example_sets_nothing() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.strip() and not line.startswith("#")] == []


def test_the_build_is_given_no_secret_and_no_database() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignored[1] == "*", "everything is out unless it is named"
    assert {"**/.env*", "**/db.sqlite*"} <= set(ignored)


@contextmanager
def as_somebody() -> Iterator[None]:
    """This process as a user who owns nothing."""
    os.setegid(65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


async def use(database: Path) -> None:
    await (await open_db(SecretStr(f"sqlite://{database}"))).try_write()
    await close_db()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be somebody else for a moment")
def test_the_files_that_are_prepared_are_all_that_a_web_needs_which_may_not_write_the_folder() -> None:
    script = (ROOT / "docker/prepare.sh").read_text(encoding="utf-8")
    found = re.search(r"^  files=\((.*)\)$", script, flags=re.MULTILINE)
    assert found is not None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        database = folder / "db.sqlite"
        for ending in [one.strip('"').removeprefix("$db") for one in found[1].split()]:
            file = database.with_name(database.name + ending)
            file.touch()
            os.chown(file, 65534, 65534)
        prepared = set(folder.iterdir())
        with closing(sqlite3.connect(database)) as made:
            made.execute("PRAGMA journal_mode=WAL")
        with as_somebody():
            for _ in range(2):  # a first start, and one with everything there
                asyncio.run(use(database))
            sqlite_file.backup(database, folder / "db.sqlite.bak")
            with closing(sqlite3.connect(f"file:{folder / 'db.sqlite.bak'}?mode=ro&immutable=1", uri=True)) as copy:
                assert copy.execute("SELECT count(*) FROM tortoise_migrations").fetchone() > (0,)
        assert set(folder.iterdir()) == prepared


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_script_is_executable_and_shellcheck_finds_nothing(script: Path) -> None:
    assert script.stat().st_mode & 0o111
    if shutil.which("shellcheck") is None:
        pytest.skip("needs shellcheck (Debian: apt install shellcheck)")
    ended = subprocess.run(["shellcheck", str(script)], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
