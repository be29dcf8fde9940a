"""Chooses the measurement and prints its table."""

from __future__ import annotations

import argparse
import shutil

from benchmarks import proxy, stream


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    words = commands.add_parser("stream", help="from the model's word to the reader's eye")
    words.add_argument("--words", type=int, default=500, help="words per round (500)")
    words.add_argument("--rate", type=float, default=50, help="words a second (50)")
    words.add_argument("--rounds", type=int, default=1, help="measured rounds, each in a session of its own (1)")
    words.add_argument("--opencode-web", action="store_true", help="measure opencode's own web app as well")
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    words.add_argument("--chromium", default=browser, help="the browser to use")
    requests = commands.add_parser("proxy", help="GET sessions through us and directly")
    requests.add_argument("--sessions", type=int, default=100, help="sessions on the server (100)")
    requests.add_argument("--requests", type=int, default=300, help="requests per side and round (300)")
    requests.add_argument("--rounds", type=int, default=3, help="rounds, both sides in turn (3)")
    requests.add_argument("--connections", type=int, default=8, help="connections for requests/s (8)")
    arguments = parser.parse_args()
    if arguments.command == "stream":
        stream.run(arguments)
    else:
        proxy.run(arguments)


if __name__ == "__main__":
    main()
