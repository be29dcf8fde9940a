"""The command `sprintagen`: reads arguments and settings, prepares what is missing, serves the page until stopped."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from sprintagen import __version__
from sprintagen.errors import SettingsError, SprintagenError
from sprintagen.log_lines import JsonFormatter, LineFormatter, hide

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen import config


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns the exit status."""
    for number in (signal.SIGINT, signal.SIGTERM):  # before whatever takes long to import
        signal.signal(number, _stop_early)
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments == ["hash-password"]:
        return _said(_hash_password)
    if arguments[:2] == ["db", "copy"]:
        return _said(lambda: _copy(arguments[2:]))
    keeps = bool(arguments) and arguments[0] in ("backup", "restore")
    options = _parse_keeping(arguments) if keeps else _parse(arguments)
    from sprintagen import config  # noqa: PLC0415  # as just said

    try:
        settings = (
            config.load()
            if keeps
            else config.load(
                sprintagen_host=options.host,
                sprintagen_port=options.port,
                opencode_directory=Path(options.directory) if options.directory else None,
            )
        )
    except SettingsError as error:
        for problem in error.problems:
            print(f"sprintagen: {problem}", file=sys.stderr)
        return 2
    hide(*settings.secrets())
    _set_up_logging(settings.sprintagen_log_level, settings.sprintagen_log_format)

    def run() -> int:
        if keeps:
            return _keep(options, settings)
        if options.doctor:
            return asyncio.run(_doctor(settings))
        return _serve(settings, options)

    return _said(run)


def _said(run: Callable[[], int]) -> int:
    """The exit status; expected trouble is told in words."""
    try:
        return run()
    except SprintagenError as error:
        print(f"sprintagen: {error.message}", file=sys.stderr)
        if error.hint:
            print(f"  {error.hint}", file=sys.stderr)
        return 1


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="sprintagen",
        usage="sprintagen [DIRECTORY] [options]\n       sprintagen doctor\n       "
        "sprintagen backup [FILE]\n       sprintagen restore FILE\n       "
        "sprintagen db copy SOURCE TARGET\n       "
        "sprintagen hash-password",
        description="Chat with the opencode coding agent about a repository, in the browser.",
        epilog="Settings come from the environment and from .env; .env.example lists them all.",
    )
    parser.add_argument(
        "directory",
        nargs="?",
        help="the project directory (default: the current one); or 'doctor': check this machine and say what to do",
    )
    parser.add_argument("--host", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on (default: 8080; 0: any free one)")
    parser.add_argument(
        "--demo", action="store_true", help="a scripted model and a sample repository: no key, no internet"
    )
    parser.add_argument("--native", action="store_true", help="a window of its own instead of the browser")
    parser.add_argument(
        "--open",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="open the browser (default: when started from a terminal with a display)",
    )
    parser.add_argument("--version", action="version", version=f"sprintagen {__version__}")
    options = parser.parse_args(arguments)
    options.doctor = options.directory == "doctor"
    if options.doctor:
        options.directory = None
    return options


def _parse_keeping(arguments: list[str]) -> argparse.Namespace:
    from sprintagen import keeping  # noqa: PLC0415  # imports Tortoise, which --help does without

    return keeping.parse(arguments)


def _keep(options: argparse.Namespace, settings: config.Settings) -> int:
    from sprintagen import keeping  # noqa: PLC0415  # the same

    print(*keeping.run(options, settings), sep="\n")
    return 0


def _copy(arguments: list[str]) -> int:
    from sprintagen import copying  # noqa: PLC0415  # the same

    print(*copying.run(copying.parse(arguments)), sep="\n")
    return 0


def _hash_password() -> int:
    from sprintagen import password  # noqa: PLC0415  # imports argon2, which --help does without

    print(password.ask_for_hash())
    return 0


def _serve(settings: config.Settings, options: argparse.Namespace) -> int:
    # NiceGUI makes its storage folder when it is imported; ours is private and not in the current directory.
    os.environ.setdefault("NICEGUI_STORAGE_PATH", str(settings.sprintagen_data_dir / "nicegui"))
    from sprintagen.serving import serve  # noqa: PLC0415  # imports NiceGUI, which --help and doctor do without

    return serve(
        settings, is_demo=options.demo, native=options.native, open_browser=options.open, still_wanted=_still_wanted
    )


async def _doctor(settings: config.Settings) -> int:
    from sprintagen import doctor  # noqa: PLC0415  # the same

    checks = await doctor.run(settings)
    for check in checks:
        print(f"{check.state:<5} {check.name}: {check.message}")
        if check.advice:
            print(f"      → {check.advice}")
    return 1 if any(check.state == "fail" for check in checks) else 0


def _set_up_logging(level: str, form: config.LogFormat) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter() if form == "json" else LineFormatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    )
    logging.basicConfig(level=level, handlers=[handler])
    for noisy in ("httpx", "httpcore", "asyncio", "aiosqlite", "tortoise", "watchfiles"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


_signalled: list[int] = []


def _stop_early(number: int, _frame: object) -> NoReturn:
    """A signal before the server has taken the signals over, or after: leave through the `finally`s."""
    _signalled.append(number)
    raise SystemExit(128 + number)


def _still_wanted() -> None:
    """Leaves if a signal came whose exception got lost: Python ignores one that is raised while it tidies up."""
    if _signalled:
        raise SystemExit(128 + _signalled[0])


if __name__ == "__main__":
    sys.exit(main())
