"""Chooses the measurement and prints its table."""

from __future__ import annotations

import argparse

from benchmarks import lists, long, people, proxy, start, stream
from tests import chromium


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    words = commands.add_parser("stream", help="from the model's word to the reader's eye")
    words.add_argument("--words", type=int, default=500, help="words per round (500)")
    words.add_argument("--rate", type=float, default=50, help="words a second (50)")
    words.add_argument("--mode", nargs="*", choices=stream.MODES, help="what to measure (everything)")
    words.add_argument("--full-words", type=int, default=3000, help="words per round at full speed (3000)")
    words.add_argument("--growing-words", type=int, default=15_000, help="words of the growing answer, 7 bytes each")
    words.add_argument("--growing-rate", type=float, default=1000, help="words a second of the growing answer (1000)")
    words.add_argument("--rounds", type=int, default=3, help="measured rounds, each in a session of its own (3)")
    words.add_argument("--opencode-web", action="store_true", help="measure opencode's own web app as well")
    browser = chromium.find()
    words.add_argument("--chromium", default=browser, help="the browser to use")
    loads = commands.add_parser("start", help="from the address to a composer one can type into")
    loads.add_argument("--rounds", type=int, default=7, help="cold and warm loads of each page (7)")
    loads.add_argument("--sessions", type=int, default=30, help="sessions on the server (30)")
    loads.add_argument("--opencode-web", action="store_true", help="measure opencode's own web app as well")
    loads.add_argument("--chromium", default=browser, help="the browser to use")
    lengths = commands.add_parser("long", help="from the click on a session to its last message, by length")
    lengths.add_argument(
        "--sizes", type=_numbers, default=[50, 500, 2000, 10_000], help="messages per session (50,500,2000,10000)"
    )
    lengths.add_argument("--rounds", type=int, default=7, help="clicks on each session, both pages in turn (7)")
    lengths.add_argument("--opencode-web", action="store_true", help="measure opencode's own web app as well")
    lengths.add_argument("--chromium", default=browser, help="the browser to use")
    crowd = commands.add_parser("people", help="many pages and streaming sessions at once: who notices, what it costs")
    crowd.add_argument("--minutes", type=float, default=30, help="how long it is measured under load (30)")
    crowd.add_argument("--pages", type=int, default=100, help="pages open (100)")
    crowd.add_argument("--sessions", type=int, default=20, help="sessions that stream, watched in equal parts (20)")
    crowd.add_argument("--rate", type=float, default=20, help="words a second in each session (20)")
    crowd.add_argument("--check", action="store_true", help="fail when a bar is missed")
    crowd.add_argument("--chromium", default=browser, help="the browser to use")
    many = commands.add_parser("lists", help="the session list with thousands of sessions")
    many.add_argument("--sessions", type=int, default=10_000, help="sessions on the server (10000)")
    many.add_argument("--rounds", type=int, default=5, help="measurements of each, both pages in turn (5)")
    many.add_argument("--opencode-web", action="store_true", help="measure opencode's own web app as well")
    many.add_argument("--chromium", default=browser, help="the browser to use")
    requests = commands.add_parser("proxy", help="GET sessions through us and directly")
    requests.add_argument("--sessions", type=int, default=100, help="sessions on the server (100)")
    requests.add_argument("--requests", type=int, default=300, help="requests per side and round (300)")
    requests.add_argument("--rounds", type=int, default=3, help="rounds, both sides in turn (3)")
    requests.add_argument("--connections", type=int, default=8, help="connections for requests/s (8)")
    arguments = parser.parse_args()
    if arguments.command == "stream":
        stream.run(arguments)
    elif arguments.command == "start":
        start.run(arguments)
    elif arguments.command == "long":
        long.run(arguments)
    elif arguments.command == "people":
        people.run(arguments)
    elif arguments.command == "lists":
        lists.run(arguments)
    else:
        proxy.run(arguments)


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


if __name__ == "__main__":
    main()
