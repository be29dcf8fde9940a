"""From settings to a served page: what has to be there first, the printed link, and the run itself."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import webbrowser
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nicegui import app as nicegui_app
from nicegui import background_tasks, core, ui
from nicegui.server import Server

from sprintagen import __version__, demo, desktop, window_needs
from sprintagen.app import Application
from sprintagen.db import close_db, open_db
from sprintagen.errors import SprintagenError
from sprintagen.log_lines import hide
from sprintagen.managed import ManagedOpencode, provide, ripgrep_directory
from sprintagen.password import take_password
from sprintagen.patience import PatientProtocol
from sprintagen.services import AppInfo, Suggestion, build_services
from sprintagen.token import load_token, token_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from sprintagen.config import Settings
    from sprintagen.password import Password
    from sprintagen.services import Services

log = logging.getLogger(__name__)

RECONNECT_SECONDS = 10
"""From it NiceGUI takes how often a page's socket is tried: every 8 s, for 4 s. A page waits longer for its browser:
see `ui.chats.absence`."""
HISTORY = 5000
"""Messages to a page that may be on their way unseen: of the 12 s in which a dead socket is not known to be dead."""
STARTUP_FAILURE = 3
"""With this code uvicorn leaves when it could not begin to serve."""
FAVICON = Path(__file__).parent / "static" / "favicon.svg"


@dataclass(frozen=True, slots=True)
class Project:
    """What the agent is to work on, and on whose model."""

    directory: Path | None
    """None: the directory the opencode server was started in."""
    home: Path | None = None
    """Where opencode keeps its own files; None: where it always does."""
    opencode_config: dict[str, Any] | None = None


def serve(
    settings: Settings,
    *,
    is_demo: bool,
    native: bool,
    open_browser: bool | None,
    still_wanted: Callable[[], None] = lambda: None,
) -> int:
    """Prepares, serves until SIGINT or SIGTERM, and leaves nothing running.

    Args:
        settings: Where and what.
        is_demo: With the scripted model and the sample repository.
        native: In a window of its own, if there can be one.
        open_browser: None: if somebody would see it.
        still_wanted: Called before serving; raises when it was to stop meanwhile.

    Raises:
        SprintagenError: Something that is needed is not there; says what, and how to get it.
    """
    native = native and _can_open_window()
    _make_data_dir(settings.sprintagen_data_dir)
    port = _free_port(settings.sprintagen_host, settings.sprintagen_port)
    password, settings = take_password(settings)
    with ExitStack() as stack:
        project = _demo_project(settings, stack) if is_demo else _own_project(settings)
        with _signals_held():
            asyncio.run(_check_database(settings))
        services = _build(settings, project, password, is_demo=is_demo)
        application = Application(settings, services)
        application.install()
        base = f"http://{_shown_host(settings.sprintagen_host)}:{port}{settings.sprintagen_root_path}"
        link = f"{base}/sign-in?code={services.sign_ins.new_link_code()}"
        if native:
            desktop.prepare_window(f"{base}/sign-in?code={services.sign_ins.new_link_code()}")
            nicegui_app.on_shutdown(desktop.close_window)
        shown = not native and (_has_screen() if open_browser is None else open_browser)
        nicegui_app.on_startup(lambda: background_tasks.create(_announce(link, settings, shown), name="announce"))
        _stop_once(application)
        still_wanted()
        try:
            _run(settings, port, native=native)
        except SystemExit as exit_:
            if exit_.code != STARTUP_FAILURE:
                raise
            return 1  # the reason is in the log
    return 0


def _own_project(settings: Settings) -> Project:
    if not settings.is_managed:
        return Project(directory=settings.opencode_directory)
    directory = (settings.opencode_directory or Path.cwd()).resolve()
    if not directory.is_dir():
        raise SprintagenError(
            f"{directory} is not a directory.", hint="Name the project's directory: sprintagen DIRECTORY"
        )
    return Project(directory=directory)


def _demo_project(settings: Settings, stack: ExitStack) -> Project:
    home = settings.sprintagen_data_dir / "demo"
    try:
        directory = demo.prepare_sample(home / "corner-shop")
    except demo.SampleError as error:
        raise SprintagenError(error.message, hint=error.hint) from error
    model = stack.enter_context(demo.ModelServerThread())
    return Project(directory=directory, home=home / "opencode", opencode_config=demo.opencode_config(model.url))


def _build(settings: Settings, project: Project, password: Password | None, *, is_demo: bool) -> Services:
    managed = None
    if settings.is_managed or is_demo:
        opencode = asyncio.run(provide(settings.sprintagen_data_dir, report=_progress))
        managed = ManagedOpencode(
            opencode.binary,
            project.directory or Path.cwd(),
            settings.sprintagen_data_dir / "opencode.log",
            config=project.opencode_config,
            environment={"OPENCODE_DISABLE_MODELS_FETCH": "1"} if is_demo else None,  # a demo asks nobody
            home=project.home,
            ripgrep_dir=ripgrep_directory(settings.sprintagen_data_dir),
            version=str(opencode.version),
        )
    suggestions = tuple(Suggestion(chip.title, chip.text) for chip in demo.SUGGESTIONS) if is_demo else ()
    about = AppInfo(
        version=__version__,
        managed=managed is not None,
        demo=is_demo,
        suggestions=suggestions,
        directory=str(project.directory) if project.directory else None,
        repo_url=settings.git_repo_url or (_origin_of(project.directory) if managed and project.directory else None),
    )
    token = load_token(settings)
    hide(token.get_secret_value())
    return build_services(settings, token=token, password=password, managed=managed, about=about)


def _origin_of(directory: Path) -> str | None:
    """Where the project's repository comes from, by git's own word; None where it has no origin or is none."""
    try:
        answer = subprocess.run(
            ["git", "-C", str(directory), "remote", "get-url", "origin"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None


@contextmanager
def _signals_held() -> Iterator[None]:
    """Lets a signal wait for the end of something short: one that is raised in the midst of a database's opening leaves
    its thread behind, for which Python then waits for ever."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda number, _frame: came.append(number)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        signal.raise_signal(came[0])


async def _check_database(settings: Settings) -> None:
    """Opens and migrates the database before anything is served, so that trouble with it is said at once."""
    await open_db(settings.tortoise_url)
    await close_db()


def _make_data_dir(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = path / f".write-test-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SprintagenError(
            f"The data directory {path} cannot be written: {error.strerror}.",
            hint="Make it writable, or choose another with SPRINTAGEN_DATA_DIR.",
        ) from error


def _free_port(host: str, port: int) -> int:
    """The port to listen on, known to be free a moment ago; 0 becomes a real one."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    except OSError as error:
        raise SprintagenError(
            f"Cannot listen on {host} port {port}: {error.strerror}.",
            hint="Stop what uses it, or choose another: --port, SPRINTAGEN_PORT (0 takes any free one).",
        ) from error


def _shown_host(host: str) -> str:
    if host in ("0.0.0.0", "::"):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _can_open_window() -> bool:
    if (missing := window_needs.missing()) is None:
        return True
    why = f"{missing.what}: {missing.advice}" if missing.advice else missing.what
    print(f"sprintagen: no window of its own, since {why}. Serving the browser instead.", file=sys.stderr)
    return False


def _has_screen() -> bool:
    """Whether a browser opened from here would be seen by the person at the terminal."""
    if not sys.stdin.isatty() or os.environ.get("SSH_CONNECTION"):
        return False
    return sys.platform != "linux" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _progress(line: str) -> None:
    print(f"sprintagen: {line}", file=sys.stderr, flush=True)


async def _announce(link: str, settings: Settings, open_browser: bool) -> None:
    """Prints the link once the server takes connections."""
    while not Server.instance.started:  # noqa: ASYNC110  # uvicorn has a flag for it and no event
        await asyncio.sleep(0.02)
    print(f"Open: {link}", flush=True)
    if settings.sprintagen_token is None:
        _progress(f"the link works once; for other browsers and programs the token is in {token_file(settings)}")
    if open_browser:
        await asyncio.to_thread(webbrowser.open, link)


def _stop_once(application: Application) -> None:
    """Makes the first signal end everything, streams that wait for more included, and any further one change nothing.

    uvicorn takes a second Ctrl-C as the wish to leave at once, which would leave the services running: stopping them
    is bounded as it is.
    """
    take = Server.handle_exit

    def handle_exit(server: Server, sig: int, frame: FrameType | None) -> None:
        if not server.should_exit:
            take(server, sig, frame)
            _progress("stopping …")
            if core.loop is not None:
                core.loop.call_soon_threadsafe(application.end_streams)

    Server.handle_exit = handle_exit  # type: ignore[method-assign,assignment]


def _run(settings: Settings, port: int, *, native: bool) -> None:
    ui.run(
        host=settings.sprintagen_host,
        port=port,
        title="sprintagen",
        favicon=FAVICON,
        dark=None,
        viewport="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content",
        reconnect_timeout=RECONNECT_SECONDS,
        message_history_length=HISTORY,
        binding_refresh_interval=None,
        tailwind=False,
        reload=False,
        show=False,
        native=native,
        window_size=desktop.WINDOW_SIZE if native else None,
        show_welcome_message=False,
        timeout_graceful_shutdown=1,
        server_header=False,
        http=PatientProtocol,
        proxy_headers=False,  # uvicorn would believe everybody on this machine; see `api.arrivals`
        log_config=None,  # uvicorn's lines go where ours go, in the same form
    )
