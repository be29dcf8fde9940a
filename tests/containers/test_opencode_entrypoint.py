"""docker/opencode/entrypoint.sh, run by bash alone: which repository, which words, and where secrets do not go."""

from __future__ import annotations

import base64
import shutil
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from tests.containers.conftest import PASSWORD, EntrypointStand, git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USER, TOKEN = "robot-canary", "token/canary@42"
ALLOW_FILE = "https:ssh:file"
ALLOW_HTTP = "https:ssh:http"


class GitHost(ThreadingHTTPServer):
    """A host of bare repositories behind Basic authentication, or one that redirects; sees who asks for what."""

    daemon_threads = True

    def __init__(self, folder: Path, *, redirect_to: str | None = None) -> None:
        super().__init__(("127.0.0.1", 0), partial(_GitHostHandler, directory=str(folder)))
        self.redirect_to = redirect_to
        self.authorizations: set[str] = set()
        self.command_lines: set[str] = set()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _GitHostHandler(SimpleHTTPRequestHandler):
    server: GitHost

    def do_GET(self) -> None:
        self.server.command_lines.update(_all_command_lines())
        given = self.headers.get("Authorization", "")
        if given:
            self.server.authorizations.add(given)
        if self.server.redirect_to:
            self.send_response(302)
            self.send_header("Location", self.server.redirect_to + self.path)
            self.end_headers()
        elif given != "Basic " + base64.b64encode(f"{USER}:{TOKEN}".encode()).decode():
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _all_command_lines() -> Iterator[str]:
    for process in psutil.process_iter():
        try:
            yield " ".join(process.cmdline())
        except psutil.Error:
            continue


@pytest.fixture
def hosts() -> Iterator[list[GitHost]]:
    running: list[GitHost] = []
    yield running
    for host in running:
        host.shutdown()
        host.server_close()


def serve(hosts: list[GitHost], host: GitHost) -> GitHost:
    threading.Thread(target=host.serve_forever, daemon=True).start()
    hosts.append(host)
    return host


@pytest.fixture
def private_host(stand: EntrypointStand, hosts: list[GitHost]) -> GitHost:
    probe = subprocess.run(["git", "remote-http"], capture_output=True, text=True, check=False)
    if "is not a git command" in probe.stderr:
        pytest.skip("this git has no HTTP transport")
    folder = stand.place / "hosted"
    folder.mkdir()
    stand.repository(folder / "shop.git", bare=True)
    return serve(hosts, GitHost(folder))


# --- the password --------------------------------------------------------------------------------


@pytest.mark.parametrize("password", ["", "  ", "\n"])
def test_without_a_password_it_does_not_start(stand: EntrypointStand, password: str) -> None:
    stand.repository(stand.mounted)
    outcome = stand.run(OPENCODE_SERVER_PASSWORD=password)
    assert not outcome.started
    assert outcome.status == 1
    assert "OPENCODE_SERVER_PASSWORD is not set or empty" in outcome.output


def test_the_password_can_come_from_a_file(stand: EntrypointStand) -> None:
    stand.repository(stand.mounted)
    secret = stand.place / "password"
    secret.write_text("from-a-file\n")
    outcome = stand.run(OPENCODE_SERVER_PASSWORD="", OPENCODE_SERVER_PASSWORD_FILE=str(secret))
    assert outcome.environment["OPENCODE_SERVER_PASSWORD"] == "from-a-file"
    assert "OPENCODE_SERVER_PASSWORD_FILE" not in outcome.environment
    assert "from-a-file" not in outcome.output


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_a_missing_or_empty_password_file_does_not_start(stand: EntrypointStand, content: str | None) -> None:
    stand.repository(stand.mounted)
    secret = stand.place / "password"
    if content is not None:
        secret.write_text(content)
    outcome = stand.run(OPENCODE_SERVER_PASSWORD="", OPENCODE_SERVER_PASSWORD_FILE=str(secret))
    assert not outcome.started
    assert "OPENCODE_SERVER_PASSWORD" in outcome.output


def test_root_is_refused(stand: EntrypointStand) -> None:
    stand.repository(stand.mounted)
    outcome = stand.run(FAKE_UID="0")
    assert not outcome.started
    assert "does not run as root" in outcome.output


# --- which repository ----------------------------------------------------------------------------


def test_a_mounted_repository_wins(stand: EntrypointStand) -> None:
    stand.repository(stand.mounted)
    outcome = stand.run(GIT_REPO_URL="https://git.invalid/x.git")
    assert outcome.directory == stand.mounted
    assert "the mounted repository wins" in outcome.output
    assert not stand.cloned.exists()


def test_opencode_is_started_on_every_address_with_extra_arguments_behind(stand: EntrypointStand) -> None:
    stand.repository(stand.mounted)
    outcome = stand.run("--log-level", "DEBUG")
    assert outcome.arguments == ["serve", "--hostname", "0.0.0.0", "--port", "4096", "--log-level", "DEBUG"]
    assert outcome.environment["OPENCODE_SERVER_PASSWORD"] == PASSWORD
    assert PASSWORD not in outcome.output


def test_with_no_repository_it_ends_and_names_both_ways(stand: EntrypointStand) -> None:
    outcome = stand.run()
    assert (outcome.started, outcome.status) == (False, 1)
    assert str(stand.mounted) in outcome.output
    assert "GIT_REPO_DIR=" in outcome.output
    assert "GIT_REPO_URL=" in outcome.output


def test_a_mounted_folder_without_git_is_a_failure_that_names_it_and_not_a_reason_to_take_something_else(
    stand: EntrypointStand,
) -> None:
    stand.mounted.mkdir()
    outcome = stand.run(
        GIT_REPO_DIR="~/code/shpo", GIT_REPO_URL="https://git.invalid/x.git", SPRINTAGEN_SAMPLE_REPOSITORY="1"
    )
    assert not outcome.started
    assert "GIT_REPO_DIR=~/code/shpo" in outcome.output
    assert "has no .git in it" in outcome.output


def test_a_git_file_that_points_elsewhere_is_a_failure_in_words(stand: EntrypointStand) -> None:
    stand.mounted.mkdir()
    (stand.mounted / ".git").write_text("gitdir: /nowhere/at/all\n")
    outcome = stand.run()
    assert not outcome.started
    assert "git cannot use" in outcome.output
    assert "worktree" in outcome.output


def test_a_repository_is_cloned_whole(stand: EntrypointStand) -> None:
    bare = stand.repository(stand.place / "shop.git", bare=True)
    outcome = stand.run(GIT_REPO_URL=f"file://{bare}", GIT_ALLOW_PROTOCOL=ALLOW_FILE)
    assert outcome.directory == stand.cloned
    assert (stand.cloned / "a.txt").read_text() == "hello\n"
    assert sorted(path.name for path in stand.workspace.iterdir()) == ["cloned"]


def test_a_clone_that_is_there_is_used_as_it_is(stand: EntrypointStand) -> None:
    bare = stand.repository(stand.place / "shop.git", bare=True)
    address = {"GIT_REPO_URL": f"file://{bare}", "GIT_ALLOW_PROTOCOL": ALLOW_FILE}
    stand.run(**address)
    (stand.cloned / "work.txt").write_text("unsaved\n")
    shutil.rmtree(bare)
    assert stand.run(**address).directory == stand.cloned
    again = stand.run()
    assert again.directory == stand.cloned, "without the address too"
    assert again.environment["OPENCODE_DISABLE_PROJECT_CONFIG"] == "1"
    assert (stand.cloned / "work.txt").exists()


def test_a_clone_of_another_repository_is_neither_used_nor_touched(stand: EntrypointStand) -> None:
    one = stand.repository(stand.place / "one.git", bare=True)
    two = stand.repository(stand.place / "two.git", bare=True)
    stand.run(GIT_REPO_URL=f"file://{one}", GIT_ALLOW_PROTOCOL=ALLOW_FILE)
    outcome = stand.run(GIT_REPO_URL=f"file://{two}", GIT_ALLOW_PROTOCOL=ALLOW_FILE)
    assert not outcome.started
    assert "another repository" in outcome.output
    assert str(one) in (stand.cloned / ".git/config").read_text()


def test_files_where_the_clone_belongs_are_left_alone(stand: EntrypointStand) -> None:
    bare = stand.repository(stand.place / "shop.git", bare=True)
    stand.cloned.mkdir()
    (stand.cloned / "precious").write_text("x")
    outcome = stand.run(GIT_REPO_URL=f"file://{bare}", GIT_ALLOW_PROTOCOL=ALLOW_FILE)
    assert not outcome.started
    assert "is no git repository" in outcome.output
    assert (stand.cloned / "precious").exists()


def test_a_clone_that_was_cut_off_is_made_anew(stand: EntrypointStand) -> None:
    bare = stand.repository(stand.place / "shop.git", bare=True)
    half = stand.workspace / "cloned.new"
    half.mkdir()
    (half / "rubbish").write_text("x")
    outcome = stand.run(GIT_REPO_URL=f"file://{bare}", GIT_ALLOW_PROTOCOL=ALLOW_FILE)
    assert outcome.started
    assert not (stand.cloned / "rubbish").exists()


def test_a_failed_clone_says_why_and_leaves_nothing(stand: EntrypointStand) -> None:
    outcome = stand.run(GIT_REPO_URL=f"file://{stand.place}/none.git", GIT_ALLOW_PROTOCOL=ALLOW_FILE)
    assert (outcome.started, outcome.status) == (False, 1)
    assert "git could not clone" in outcome.output
    assert "There is no such repository there" in outcome.output
    assert list(stand.workspace.iterdir()) == []


def test_what_a_failed_clone_left_is_removed(stand: EntrypointStand) -> None:
    stand.fake("git", 'mkdir -p "${@: -1}/half"; exit 128')
    assert not stand.run(GIT_REPO_URL="https://host.example/x.git").started
    assert list(stand.workspace.iterdir()) == []


def test_a_file_address_that_names_a_host_is_refused_where_files_are_allowed(stand: EntrypointStand) -> None:
    outcome = stand.run(GIT_REPO_URL="file://host.example/srv/x.git", GIT_ALLOW_PROTOCOL=ALLOW_FILE)
    assert not outcome.started
    assert "names a host" in outcome.output


def test_the_sample_is_used_when_asked_for_and_nothing_else_is_given(stand: EntrypointStand) -> None:
    sample = stand.repository(stand.place / "sample.git", bare=True)
    variables = {"SPRINTAGEN_SAMPLE_REPOSITORY": "1", "SPRINTAGEN_SAMPLE_SOURCE": str(sample)}
    stand.mounted.mkdir()
    outcome = stand.run(**variables)
    assert outcome.directory == stand.workspace / "sample"
    assert git(outcome.directory, "remote") == ""
    assert stand.run(**variables).directory == outcome.directory, "and again"
    (stand.mounted / "a-file").write_text("x")
    assert not stand.run(**variables).started, "a mounted folder without .git is a mistake, not a wish for the sample"


def test_only_the_repository_can_be_asked_for(stand: EntrypointStand) -> None:
    bare = stand.repository(stand.place / "shop.git", bare=True)
    outcome = stand.run(
        "--only-repository", OPENCODE_SERVER_PASSWORD="", GIT_REPO_URL=f"file://{bare}", GIT_ALLOW_PROTOCOL=ALLOW_FILE
    )
    assert (outcome.status, outcome.started) == (0, False)
    assert (stand.cloned / ".git").is_dir()


# --- addresses -----------------------------------------------------------------------------------

REFUSED = {
    "ext::sh -c touch% /tmp/pwned": "white space",
    "ext::sh": "none of the addresses",
    "ext://sh": "protocol that is not allowed",
    "fd::17": "none of the addresses",
    "--upload-pack=touch /tmp/pwned": "starts with a dash",
    "-uhttps://host/x.git": "starts with a dash",
    "/etc": "none of the addresses",
    "../secrets": "none of the addresses",
    "file:///etc": "uses file, which is off",
    "git://host.example/x.git": "uses git, which is off",
    "http://host.example/x.git": "uses http, which is off",
    "ftp://host.example/x.git": "protocol that is not allowed",
    "ssh://-oProxyCommand=touch/x.git": "no usable host name",
    "ssh://git@-oProxyCommand=touch/x.git": "no usable host name",
    "ssh://-oProxyCommand=x@host.example/x.git": "more than a plain user name",
    "-oProxyCommand=x@host.example:x.git": "starts with a dash",
    "git@-oProxyCommand=x:x.git": "no usable host name",
    "git@host.example:-x": "none of the addresses",
    "git@host.example::x": "none of the addresses",
    "https:///x.git": "no usable host name",
    "https://host.example": "names no repository",
    "https://host.example/": "names no repository",
    "https://host.example:port/x.git": "no usable host name",
    "https://ho$(id)st/x.git": "no usable host name",
    "https://host.example/x.git?token=hunter2": "?, # or backslash",
    "https://host.example/x.git#hunter2": "?, # or backslash",
    "https://u:hunter2%zz@host.example/x.git": "no %XX",
    "https://u:hunter2%0Ahost=evil@host.example/x.git": "control character",
    "https://host.example/x\ny.git": "white space",
    "https://host.example/x\x1b[31m.git": "control character",
    "ssh://git:hunter2@host.example/x.git": "ssh signs in with a key",
}


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_could_do_harm_is_refused_in_words_before_git_sees_it(stand: EntrypointStand, url: str) -> None:
    stand.fake("git", 'touch "$SEEN/git"')
    outcome = stand.run(GIT_REPO_URL=url)
    assert (outcome.started, outcome.status) == (False, 1)
    assert REFUSED[url] in outcome.output
    assert "It wants https://host/owner/name.git" in outcome.output
    assert "hunter2" not in outcome.output
    assert "\x1b" not in outcome.output
    assert not (stand.place / "seen/git").exists()


@pytest.mark.parametrize("allowed", ["https:ext", "always", "https:fd", "https;ssh", "https:-x"])
def test_no_setting_allows_a_transport_that_runs_commands(stand: EntrypointStand, allowed: str) -> None:
    outcome = stand.run(GIT_REPO_URL="https://host.example/x.git", GIT_ALLOW_PROTOCOL=allowed)
    assert not outcome.started
    assert "GIT_ALLOW_PROTOCOL wants a list" in outcome.output


NOTE_AND_PRETEND = (
    'printf "%s\\n" "$@" >"$SEEN/git"; mkdir -p "${@: -1}/.git"; '
    'echo "$GIT_ALLOW_PROTOCOL $GIT_TERMINAL_PROMPT" >"$SEEN/git-env"'
)


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ("https://host.example/o/n.git", "https://host.example/o/n.git"),
        ("HTTPS://host.example:8443/o/n", "https://host.example:8443/o/n"),
        ("https://u:p%40ss@host.example/o/n.git", "https://host.example/o/n.git"),
        ("https://token@host.example/o/n.git", "https://host.example/o/n.git"),
        ("https://u:a@b@host.example/o/n.git", "https://host.example/o/n.git"),
        ("https://[::1]:8443/o/n.git", "https://[::1]:8443/o/n.git"),
        ("ssh://git@host.example:2222/o/n.git", "ssh://git@host.example:2222/o/n.git"),
        ("git@host.example:o/n.git", "git@host.example:o/n.git"),
    ],
)
def test_git_is_given_the_address_behind_a_double_dash_and_without_credentials(
    stand: EntrypointStand, given: str, seen: str
) -> None:
    stand.fake("git", f'[ "$1" = clone ] || exit 0; {NOTE_AND_PRETEND}')
    outcome = stand.run(GIT_REPO_URL=given)
    assert outcome.started
    arguments = (stand.place / "seen/git").read_text().splitlines()
    assert arguments[:5] == ["clone", "--quiet", "--", seen, f"{stand.cloned}.new"]
    assert (stand.place / "seen/git-env").read_text() == "https:ssh 0\n"


# --- secrets -------------------------------------------------------------------------------------


def private_url(host: GitHost, name: str = "shop.git") -> str:
    return f"http://{USER}:{TOKEN.replace('/', '%2F').replace('@', '%40')}@{host.address}/{name}"


def assert_hidden(*texts: str) -> None:
    for text in texts:
        for secret in (TOKEN, TOKEN.replace("/", "%2F").replace("@", "%40"), USER):
            assert secret not in text


def test_a_private_repository_is_cloned_and_its_credentials_are_nowhere_afterwards(
    stand: EntrypointStand, private_host: GitHost
) -> None:
    outcome = stand.run(GIT_REPO_URL=private_url(private_host), GIT_ALLOW_PROTOCOL=ALLOW_HTTP)
    assert outcome.started, outcome.output
    assert (stand.cloned / "a.txt").read_text() == "hello\n"
    assert_hidden(outcome.output, *(f"{name}={value}" for name, value in outcome.environment.items()))
    assert_hidden(*private_host.command_lines)
    for path in (stand.cloned / ".git").rglob("*"):
        if path.is_file():
            assert_hidden(path.read_bytes().decode("utf-8", "replace"))
    assert f"url = http://{private_host.address}/shop.git" in (stand.cloned / ".git/config").read_text()


def test_a_refused_token_is_told_apart_and_not_repeated(stand: EntrypointStand, private_host: GitHost) -> None:
    url = f"http://{USER}:wrong-canary@{private_host.address}/shop.git"
    outcome = stand.run(GIT_REPO_URL=url, GIT_ALLOW_PROTOCOL=ALLOW_HTTP)
    assert not outcome.started
    assert "The host refused" in outcome.output
    assert f"could not clone http://{private_host.address}/shop.git" in outcome.output
    assert "wrong-canary" not in outcome.output
    assert_hidden(outcome.output)


def test_a_redirect_to_another_host_is_given_no_credentials(
    stand: EntrypointStand, private_host: GitHost, hosts: list[GitHost]
) -> None:
    bait = serve(hosts, GitHost(stand.place, redirect_to=f"http://{private_host.address}"))
    outcome = stand.run(GIT_REPO_URL=private_url(bait), GIT_ALLOW_PROTOCOL=ALLOW_HTTP)
    assert not outcome.started
    assert private_host.authorizations == set()


def test_what_git_says_is_shown_without_the_credentials_and_without_control_characters(stand: EntrypointStand) -> None:
    echo = 'printf "remote: hello %s:%s \\033[31m\\n" "$SPRINTAGEN_GIT_USER" "$SPRINTAGEN_GIT_PASSWORD"'
    stand.fake("git", f"{echo} >&2; exit 128")
    outcome = stand.run(GIT_REPO_URL=f"https://{USER}:secret-canary@host.example/x.git")
    assert "git: remote: hello ***:***" in outcome.output
    assert "secret-canary" not in outcome.output
    assert "\x1b" not in outcome.output


def test_opencode_is_given_nothing_that_only_the_start_needs(stand: EntrypointStand) -> None:
    stand.repository(stand.mounted)
    outcome = stand.run(
        GIT_REPO_URL=f"https://{USER}:secret@host.example/x.git",
        GIT_REPO_DIR="/home/me/shop",
        SPRINTAGEN_TOKEN="not-for-opencode",
        OPENCODE_CONFIG_CONTENT="",
        OPENCODE_SERVER_USERNAME="",
        OPENCODE_PROJECT_CONFIG="",
    )
    assert outcome.started
    leftover = {name for name in outcome.environment if name.startswith(("SPRINTAGEN_", "GIT_REPO", "GIT_ALLOW"))}
    assert leftover == set()
    for empty in ("OPENCODE_CONFIG_CONTENT", "OPENCODE_SERVER_USERNAME", "OPENCODE_PROJECT_CONFIG"):
        assert empty not in outcome.environment


def test_askpass_answers_the_one_host_only() -> None:
    script = str(EntrypointStand.script.with_name("askpass.sh"))
    environment = {
        "SPRINTAGEN_GIT_HOST": "https://host.example",
        "SPRINTAGEN_GIT_USER": USER,
        "SPRINTAGEN_GIT_PASSWORD": TOKEN,
    }

    def ask(question: str) -> str:
        command = ["sh", script, question]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout

    assert ask("Username for 'https://host.example': ") == USER + "\n"
    assert ask(f"Password for 'https://{USER}@host.example': ") == TOKEN + "\n"
    assert ask("Username for 'https://evil.example': ") == ""
    assert ask(f"Password for 'https://{USER}@evil.example': ") == ""
    assert ask("Password for 'https://host.example.evil.example': ") == ""
    assert ask("Password for 'http://x@host.example': ") == "", "not over plain HTTP either"


# --- the repository's own configuration ----------------------------------------------------------


@pytest.mark.parametrize(("switch", "is_off"), [("", True), ("0", True), ("1", False)])
def test_a_clones_own_configuration_is_off_unless_switched_on(
    stand: EntrypointStand, switch: str, is_off: bool
) -> None:
    bare = stand.repository(stand.place / "shop.git", bare=True)
    outcome = stand.run(GIT_REPO_URL=f"file://{bare}", GIT_ALLOW_PROTOCOL=ALLOW_FILE, OPENCODE_PROJECT_CONFIG=switch)
    assert (outcome.environment.get("OPENCODE_DISABLE_PROJECT_CONFIG") == "1") is is_off


@pytest.mark.parametrize(("switch", "is_off"), [("", False), ("0", True), ("1", False)])
def test_a_mounted_repositorys_own_configuration_is_on_unless_switched_off(
    stand: EntrypointStand, switch: str, is_off: bool
) -> None:
    stand.repository(stand.mounted)
    outcome = stand.run(OPENCODE_PROJECT_CONFIG=switch)
    assert (outcome.environment.get("OPENCODE_DISABLE_PROJECT_CONFIG") == "1") is is_off


def test_another_value_of_the_switch_is_refused(stand: EntrypointStand) -> None:
    stand.repository(stand.mounted)
    outcome = stand.run(OPENCODE_PROJECT_CONFIG="yes")
    assert not outcome.started
    assert "OPENCODE_PROJECT_CONFIG wants 1" in outcome.output
