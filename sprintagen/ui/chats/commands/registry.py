"""The table of commands. A new one: a line here, and a line in `PageCommands` for what the server does.

Tests compare it with the handlers, the icons, and the README's table of keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sprintagen.ui.chats.commands.command import (
    Command,
    Now,
    unless,
    unless_in_use,
    while_working,
    without_messages,
    without_session,
)
from sprintagen.ui.kit.popup_menu import MenuItem
from sprintagen.ui.theme import DENSITY_LABELS, KEYS_LABELS, LABELS, Keys

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_SESSION: Final = (
    Command(id="new", words="New session", group="Session", icon="new", keys="Alt+N", also="begin chat",
            slash="Begin a new session"),
    Command(id="stop", words="Stop the turn", group="Session", icon="square", keys="Escape", listens=False,
            also="abort cancel interrupt", slash="Stop the running turn; what waits stays in the queue",
            refusal=unless(lambda now: now.is_working, "Nothing is running")),
    Command(id="undo", words="Undo the last message", group="Session", icon="undo", also="revert take back",
            slash="Take back your last message and what the agent changed for it", refusal=without_messages),
    Command(id="redo", words="Redo", group="Session", icon="redo", also="bring back undone unrevert",
            slash="Bring back what was undone last", refusal=unless(lambda now: now.is_undone)),
    Command(id="fork", words="Fork", group="Session", icon="branch", also="branch copy duplicate",
            slash="Go on in a copy of this session", refusal=without_messages),
    Command(id="compact", words="Compact", group="Session", icon="layers", also="summarize sum up context",
            slash="Have the model sum up the conversation, to make room in its context", refusal=while_working),
    Command(id="rename", words="Rename", group="Session", icon="edit", keys="F2", also="title name",
            refusal=without_session),
    Command(id="ticket", words="Set ticket", group="Session", icon="tag", also="key issue", refusal=without_session),
    Command(id="pin", words="Pin", group="Session", icon="pin", also="keep top favourite",
            refusal=unless(lambda now: not now.is_pinned)),
    Command(id="unpin", words="Unpin", group="Session", icon="pin", also="pinned",
            refusal=unless(lambda now: now.is_pinned)),
    Command(id="move", words="Move", group="Session", icon="folder", also="directory project clone worktree",
            refusal=without_session),
    Command(id="copy-link", words="Copy link", group="Session", icon="link", also="address url",
            refusal=without_session),
    Command(id="share", words="Share", group="Session", icon="globe", also="publish link",
            refusal=unless(lambda now: now.can_share, "The server's configuration does not allow sharing",
                           before=unless(lambda now: not now.is_shared))),
    Command(id="copy-shared", words="Copy the shared link", group="Session", icon="globe", also="published address",
            refusal=unless(lambda now: now.is_shared)),
    Command(id="unshare", words="Share no longer", group="Session", icon="close", also="unpublish",
            refusal=unless(lambda now: now.is_shared)),
    Command(id="copy-markdown", words="Copy as Markdown", group="Session", icon="copy", also="clipboard transcript",
            refusal=without_messages),
    Command(id="export-html", words="Export as a page (HTML)", group="Session", icon="download", also="download save",
            refusal=without_messages),
    Command(id="export-md", words="Export as Markdown", group="Session", icon="download", also="download save",
            refusal=without_messages),
    Command(id="export-json", words="Export as JSON", group="Session", icon="download", also="download save",
            refusal=without_messages),
    Command(id="archive", words="Archive", group="Session", icon="archive", also="put away hide",
            refusal=unless(lambda now: not now.is_archived)),
    Command(id="restore", words="Take out of the archive", group="Session", icon="archive", also="unarchive",
            refusal=unless(lambda now: now.is_archived)),
    Command(id="delete", words="Delete", group="Session", icon="trash", also="remove", danger=True,
            refusal=without_session),
)  # fmt: skip

_GO: Final = (
    Command(id="inbox", words="What waits for you", group="Go to", icon="bell", keys="Alt+I",
            also="inbox permissions questions answer asks", event="sprintagen:inbox"),
    Command(id="find", words="Search this session", group="Go to", icon="search", keys="Mod+F",
            also="find text", event="sprintagen:find", refusal=without_messages),
    Command(id="outline", words="Outline", group="Go to", icon="menu", also="turns contents",
            event="sprintagen:outline", refusal=without_messages),
    Command(id="search", words="Search the list of sessions", group="Go to", icon="search", also="find filter",
            event="sprintagen:search"),
    Command(id="previous-session", words="The session above in the list", group="Go to", icon="arrow-up",
            keys="Alt+Shift+ArrowUp", also="previous session"),
    Command(id="next-session", words="The session below in the list", group="Go to", icon="arrow-down",
            keys="Alt+Shift+ArrowDown", also="next session"),
    Command(id="previous-turn", words="The turn before", group="Go to", icon="arrow-up", keys="Alt+ArrowUp",
            also="previous", event="sprintagen:turn-before", refusal=without_messages),
    Command(id="next-turn", words="The turn after", group="Go to", icon="arrow-down", keys="Alt+ArrowDown",
            also="next", event="sprintagen:turn-after", refusal=without_messages),
    Command(id="write", words="The message field", group="Go to", icon="message", keys="Alt+M",
            also="composer prompt write focus", event="sprintagen:write"),
)  # fmt: skip

_NEXT: Final = (
    Command(id="model", words="Switch model", group="Next message", icon="agent", also="llm provider", into="model",
            refusal=lambda now: None if "model" in now.can_choose else "opencode offers no model"),
    Command(id="agent", words="Switch agent", group="Next message", icon="agent", also="mode plan build", into="agent",
            refusal=lambda now: None if "agent" in now.can_choose else "There is only one agent"),
    Command(id="effort", words="Switch effort", group="Next message", icon="thought", also="variant thinking reasoning",
            into="effort", refusal=lambda now: None if "effort" in now.can_choose else "This model has no efforts"),
)  # fmt: skip

_VIEW: Final = (
    Command(id="list", words="Show or hide the session list", group="View", icon="panel", keys="Mod+B",
            also="sidebar toggle", event="sprintagen:list"),
    *(Command(id=f"theme-{theme}", words=f"Theme: {words.lower()}", group="View", icon=icon,
              also="appearance colours mode", refusal=unless_in_use("theme", theme))
      for theme, (words, icon) in LABELS.items()),
    *(Command(id=f"density-{density}", words=f"Density: {words.lower()}", group="View", icon=icon,
              also="appearance spacing rows", refusal=unless_in_use("density", density))
      for density, (words, icon) in DENSITY_LABELS.items()),
    *(Command(id=f"keys-{keys}", words=f"Keys that give commands: {words[0].lower()}{words[1:]}", group="View",
              icon=icon, also="shortcuts single character accessibility speech", refusal=unless_in_use("keys", keys))
      for keys, (words, icon) in KEYS_LABELS.items()),
)  # fmt: skip

_PANELS: Final = tuple(
    Command(id=panel, words=words, group="View", icon=icon, keys=keys, listens=False, also=f"side panel {also}",
            refusal=lambda now, panel=panel: None if panel in now.panels else "")  # type: ignore[misc]
    for panel, words, icon, keys, also in (
        ("files", "Files", "folder", "Alt+P", "tree open file"),
        ("changes", "Changes", "patch", "Alt+C", "diff review"),
        ("terminal", "Terminal", "terminal", "Alt+T", "shell console"),
    )
)  # fmt: skip

_APP: Final = (
    Command(id="palette", words="Go to a session, or give a command", group="sprintagen", icon="search", keys="Mod+K",
            event="sprintagen:palette", in_palette=False),
    Command(id="help", words="Keys on the keyboard", group="sprintagen", icon="question", keys="?",
            also="help shortcuts bindings", event="sprintagen:help"),
    Command(id="settings", words="Settings", group="sprintagen", icon="wrench", keys="Mod+,",
            also="preferences providers keys mcp appearance"),
    Command(id="register", words="Register keys again", group="sprintagen", icon="key", also="providers credentials"),
    Command(id="sign-out", words="Sign out", group="sprintagen", icon="sign-out", also="leave log out"),
)  # fmt: skip

COMMANDS: Final[tuple[Command, ...]] = (*_SESSION, *_GO, *_NEXT, *_PANELS, *_VIEW, *_APP)
PANELS: Final = tuple(command.id for command in _PANELS)
"""Commands that show a side panel, or hide it."""
BY_ID: Final = {command.id: command for command in COMMANDS}
SLASHES: Final = {command.id: command.slash for command in COMMANDS if command.slash}
"""The composer's own commands: what each does, by name."""


class Gesture(NamedTuple):
    """Keys that mean something where the focus is, and are no command."""

    group: str
    keys: tuple[str, ...]
    words: str
    is_answer: bool = False
    """They answer the agent: characters that one may choose to have no meaning."""


GESTURES: Final = (
    Gesture("Writing a message", ("Enter",), "Send, or queue while a turn runs"),
    Gesture("Writing a message", ("Shift+Enter",), "A new line"),
    Gesture("Writing a message", ("@",), "Name a file, a folder or a subagent"),
    Gesture("Writing a message", ("/",), "Commands, ours and the server's"),
    Gesture("Writing a message", ("!",), "Run a line in the shell"),
    Gesture("Writing a message", ("ArrowUp", "ArrowDown"), "What you sent before"),
    Gesture("What waits for you", ("ArrowUp", "ArrowDown"), "Choose what to answer"),
    Gesture("What waits for you", ("1", "2", "3"), "Allow once, always, deny", is_answer=True),
    Gesture("The list of sessions", ("Space",), "Choose one more; with Shift, all up to it"),
    Gesture("The list of sessions", ("Mod+A",), "Once some are chosen: choose all"),
    Gesture("The list of sessions", ("Delete",), "Delete what is chosen"),
    Gesture("Lists and menus", ("ArrowUp", "ArrowDown", "Home", "End"), "Move"),
    Gesture("Lists and menus", ("Escape",), "Close what is open"),
)


def help_groups(
    without: Collection[str] = (), keys: Keys = "all"
) -> list[tuple[str, list[tuple[tuple[str, ...], str]]]]:
    """Every key there is, by heading: commands first, then what the keys mean in a place.

    Args:
        without: Ids of commands the page does not have.
        keys: Which of them mean anything.
    """
    is_all = keys == "all"
    groups: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for command in COMMANDS:
        if command.keys and command.id not in without and (is_all or len(command.keys) > 1):
            groups.setdefault(command.group, []).append(((command.keys,), command.words))
    for gesture in GESTURES:
        if is_all or not gesture.is_answer:
            groups.setdefault(gesture.group, []).append((gesture.keys, gesture.words))
    return list(groups.items())


def refusals(now: Now) -> dict[str, str]:
    """The commands that cannot be given now, by id; see `Refusal`."""
    found = {command.id: command.refusal(now) for command in COMMANDS}
    return {id_: why for id_, why in found.items() if why is not None}


def wire() -> list[dict[str, Any]]:
    """The table as the browser gets it."""
    names = ("id", "words", "group", "icon", "keys", "also", "event", "into")
    return [
        {name: value for name in names if (value := getattr(command, name))}
        | ({} if command.listens else {"deaf": True})
        | ({} if command.in_palette else {"hidden": True})
        for command in COMMANDS
    ]


def items_for(ids: Iterable[str], now: Now | None = None) -> list[MenuItem]:
    """Entries of a menu.

    Args:
        ids: Of commands; a `-` draws a line above the next one.
        now: What cannot be given now is left out; None: nothing is.
    """
    items: list[MenuItem] = []
    line = False
    for id_ in ids:
        if id_ == "-":
            line = True
            continue
        command = BY_ID[id_]
        if now is not None and command.refusal(now) is not None:
            continue
        items.append(
            MenuItem(
                value=id_,
                label=command.words,
                icon=command.icon,
                keys=command.keys or None,
                danger=command.danger or None,
                line=(line and bool(items)) or None,
            )
        )
        line = False
    return items
