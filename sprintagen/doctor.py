"""`sprintagen doctor`: looks at everything a start needs and says, for each, what to do when it is not right.

It starts what the app would start (an opencode of its own, for a moment) but changes nothing: no key is registered,
nothing is fetched, no database is made. An existing database is opened the way the app opens it.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from sprintagen import doctor_door, window_needs
from sprintagen.db import close_db, open_db
from sprintagen.errors import DatabaseError, ManagedError
from sprintagen.managed.install import installed_binary
from sprintagen.managed.locate import Opencode, locate, version_of
from sprintagen.managed.process import ManagedOpencode
from sprintagen.managed.ripgrep import find_ripgrep, ripgrep_directory
from sprintagen.managed.versions import PINNED_VERSION, SUPPORTED_WORDS, compared, is_supported
from sprintagen.opencode.client import OpencodeClient
from sprintagen.opencode.errors import OpencodeError, ServerAuthError

if TYPE_CHECKING:
    from sprintagen.config import CredentialSettings, Settings

CheckState = Literal["ok", "warn", "fail"]

_BOOT_SECONDS = 30.0  # the first request for a directory starts an instance for it
PYTHON_FROM = (3, 11)
FREE_TIER = "opencode"
"""The provider that opencode always lists; it needs no key, and the internet."""

_MARKS = {"ok": "✓", "warn": "!", "fail": "✗"}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `warn` does not keep the app from working, `fail` does; `advice` says what to do."""

    name: str
    state: CheckState
    message: str
    advice: str = ""


async def run(settings: Settings) -> list[Check]:
    """Every check, in the order a person would go about it. Takes as long as opencode takes to start."""
    checks = [_python()]
    checks += await (_managed_server(settings) if settings.is_managed else _given_server(settings))
    checks.append(await _database(settings))
    checks += await asyncio.to_thread(_write_access, settings)
    checks.append(Check("port", *doctor_door.port(settings)))
    checks.append(Check("way in", *doctor_door.way_in(settings)))
    checks.append(Check("log", *doctor_door.log(settings)))
    checks.append(_window())
    return checks


def lines(checks: list[Check]) -> list[str]:
    """The checks for a terminal, advice below what it is about."""
    width = max(len(check.name) for check in checks)
    result = []
    for check in checks:
        result.append(f"{_MARKS[check.state]} {check.name:<{width}}  {check.message}")
        if check.advice:
            result.append(f"  {'':<{width}}  → {check.advice}")
    return result


def _python(version: tuple[int, ...] = sys.version_info[:3]) -> Check:
    words = f"{'.'.join(map(str, version))} ({sys.executable})"
    if version < PYTHON_FROM:
        return Check("Python", "fail", f"{words} is too old.", "Install Python 3.11 or newer and make the .venv anew.")
    return Check("Python", "ok", words)


async def _managed_server(settings: Settings) -> list[Check]:
    checks, opencode = await _program(settings.sprintagen_data_dir)
    if opencode is None:
        unseen = "Not checked: there is no opencode to start yet."
        return [*checks, *(Check(name, "warn", unseen) for name in ("server", "auth", "providers"))]
    directory = settings.opencode_directory or Path.cwd()
    with tempfile.TemporaryDirectory(prefix="sprintagen-doctor-") as work:
        managed = ManagedOpencode(
            opencode.binary,
            directory,
            Path(work) / "opencode.log",
            ripgrep_dir=ripgrep_directory(Path(work)),
        )
        began = time.monotonic()
        try:
            endpoint = await managed.start()
            seconds = time.monotonic() - began
            checks.append(Check("server", "ok", f"Starts and answers for {directory} ({seconds:.1f} s)."))
            checks.append(Check("auth", "ok", "It lets nobody in without the password made at every start."))
            client = OpencodeClient(
                endpoint.url, username=endpoint.username, password=endpoint.password, directory=str(directory)
            )
            async with client:
                checks.append(await _providers(client, settings.credentials))
        except ManagedError as error:
            said = "".join(f"\n    {line}" for line in managed.status.log_tail[-5:])
            checks.append(Check("server", "fail", f"{error.message}{said}", error.hint))
        finally:
            await managed.stop()
    return checks


async def _program(data_dir: Path) -> tuple[list[Check], Opencode | None]:
    search = await locate()
    opencode = search.found
    fetched = installed_binary(data_dir)
    if opencode is None and fetched.is_file():
        try:
            opencode = Opencode(fetched, await version_of(fetched))
        except ManagedError as error:
            broken = Check("opencode", "fail", error.message, f"Remove {fetched.parent} and start again to fetch it.")
            return [broken, _ripgrep()], None
    if opencode is None:
        message = " ".join([*search.rejected, "No opencode of a supported version is on this machine."])
        advice = (
            f"Nothing to do: the first start fetches {PINNED_VERSION} (about 60 MB). "
            f"Or install it yourself: npm install -g opencode-ai@{PINNED_VERSION}"
        )
        return [Check("opencode", "warn", message, advice), _ripgrep()], None
    said = f"{opencode.version} ({opencode.binary}). {compared(str(opencode.version))}".removesuffix(". ")
    return [Check("opencode", "ok", said), _ripgrep()], opencode


def _ripgrep() -> Check:
    program = find_ripgrep()
    if program is None:
        advice = "Install ripgrep with your system's packages, or: pip install ripgrep==14.1.0"
        return Check("ripgrep", "warn", "No rg: opencode downloads one, and cannot search until it has.", advice)
    return Check("ripgrep", "ok", str(program))


async def _given_server(settings: Settings) -> list[Check]:
    where = urlsplit(settings.opencode_server_url or "").netloc
    password, directory = settings.opencode_server_password, settings.opencode_directory
    async with OpencodeClient(
        settings.opencode_server_url or "",
        username=settings.opencode_server_username,
        password=password,
        directory=str(directory) if directory else None,
    ) as client:
        began = time.monotonic()
        try:
            health = await client.health.get(timeout=5.0)
            server = Check("server", "ok", f"{where} answers ({(time.monotonic() - began) * 1000:.0f} ms).")
            await client.health.check_config(timeout=_BOOT_SECONDS)
        except ServerAuthError as error:
            advice = "Set OPENCODE_SERVER_USERNAME and OPENCODE_SERVER_PASSWORD to what the server was started with."
            return [Check("server", "ok", f"{where} answers."), Check("auth", "fail", error.message, advice)]
        except OpencodeError as error:
            return [Check("server", "fail", f"{where}: {error.message}", error.hint or "Check OPENCODE_SERVER_URL.")]
        auth = Check("auth", "ok", "The server accepts our user name and password.")
        if password is None or not password.get_secret_value():
            advice = "Start it with OPENCODE_SERVER_PASSWORD set, and give the same one to sprintagen."
            auth = Check("auth", "warn", "The server lets everybody in without a password.", advice)
        return [_server_version(health.version), server, auth, await _providers(client, settings.credentials)]


def _server_version(version: str) -> Check:
    if is_supported(version):
        return Check("opencode", "ok", f"{version} (on the server). {compared(version)}".removesuffix(". "))
    advice = f"Run opencode {PINNED_VERSION} there. Some things may not work as they are."
    return Check("opencode", "warn", f"The server runs {version}; sprintagen is made for {SUPPORTED_WORDS}.", advice)


async def _providers(client: OpencodeClient, credentials: CredentialSettings) -> Check:
    if credentials.missing_id:
        advice = "Set OPENCODE_PROVIDER_ID to the provider the key is for, for example openrouter."
        return Check("providers", "fail", "OPENCODE_PROVIDER_API_KEY is set, but not whose key it is.", advice)
    if credentials.missing_key:
        advice = "Set OPENCODE_PROVIDER_API_KEY."
        return Check("providers", "fail", f"There is no key for {credentials.provider_id}.", advice)
    try:
        connected = [provider for provider in await client.providers.connected() if provider != FREE_TIER]
    except OpencodeError as error:
        return Check("providers", "fail", error.message, error.hint)
    waiting = [pair.provider_id for pair in credentials.complete if pair.provider_id not in connected]
    said = []
    if connected:
        said.append(f"Connected: {', '.join(sorted(connected))}.")
    if waiting:
        said.append(f"Registered when sprintagen starts: {', '.join(waiting)}.")
    if said:
        return Check("providers", "ok", " ".join(said))
    advice = "Set OPENCODE_PROVIDER_ID and OPENCODE_PROVIDER_API_KEY, or run: opencode auth login"
    return Check("providers", "warn", "No provider of your own; only opencode's free models, if it offers any.", advice)


async def _database(settings: Settings) -> Check:
    url = settings.tortoise_url
    kind, _, rest = url.get_secret_value().partition("://")
    path = Path(rest.partition("?")[0])
    if kind == "sqlite" and (check := await asyncio.to_thread(_database_to_be, path)):
        return check
    try:
        database = await open_db(url)
        await database.ping()
    except DatabaseError as error:
        return Check("database", "fail", error.message, error.hint)
    finally:
        await close_db()
    return Check("database", "ok", str(path) if kind == "sqlite" else f"The {kind} database answers.")


def _database_to_be(path: Path) -> Check | None:
    """About a SQLite file that is not there yet: opening it would make it."""
    if path.exists():
        return None
    problem = _cannot_write(_existing(path.parent))
    if problem is None:
        return Check("database", "ok", f"{path} is made at the first start.")
    advice = "Make the folder writable, or set DATABASE_URL to another place."
    return Check("database", "fail", f"{path} cannot be made: {problem}.", advice)


def _write_access(settings: Settings) -> list[Check]:
    data_dir = settings.sprintagen_data_dir
    problem = _cannot_write(_existing(data_dir))
    if problem is None:
        checks = [Check("write access", "ok", f"{data_dir} (data)")]
    else:
        advice = "Make it writable for the user sprintagen runs as, or set SPRINTAGEN_DATA_DIR to another folder."
        checks = [Check("write access", "fail", f"{data_dir} (data): {problem}", advice)]
    if not settings.is_managed:  # the project is on the server's machine
        return checks
    directory = settings.opencode_directory or Path.cwd()
    problem = _cannot_write(directory)
    if problem is None:
        checks.append(Check("write access", "ok", f"{directory} (project)"))
    elif directory.is_dir():
        message = f"{directory} (project): {problem}; the agent can read, but not change anything."
        checks.append(Check("write access", "warn", message))
    else:
        checks.append(Check("write access", "fail", f"{directory} (project) is not a directory.", "Name another one."))
    return checks


def _existing(folder: Path) -> Path:
    folder = folder.absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _cannot_write(folder: Path) -> str | None:
    """Why no file can be made there; tried, because a permission bit says nothing about a read-only mount."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as error:
        return (error.strerror or str(error)).lower()


def _window() -> Check:
    name = "browser window"
    browser = "Without it the page opens in a browser tab (--open), or wherever you open the printed link."
    if missing := window_needs.missing():
        advice = f"For --native: {missing.advice}. {browser}" if missing.advice else browser
        return Check(name, "warn", f"No window of our own: {missing.what}.", advice)
    return Check(name, "ok", "pywebview is installed (--native).")
