"""Signing in: guessing, fixation, replay, open redirects, cookies, and what a signed-out session can still reach."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.served import COOKIE, TOKEN, Served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLAIN_PASSWORD = "canary of a password"
FORM = "application/x-www-form-urlencoded"


def sign_in(client: httpx.Client, served: Served, token: str = TOKEN, **more: str) -> httpx.Response:
    return client.post("/sign-in", data={"token": token, **more}, headers={"origin": served.url})


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One whose link nobody has used, and where guesses harm no other test."""
    environment = {
        "OPENCODE_SERVER_URL": "http://127.0.0.1:9",
        "SPRINTAGEN_PASSWORD": PLAIN_PASSWORD,
        "SPRINTAGEN_TRUSTED_PROXIES": "127.0.0.1",
    }
    served = Served(tmp_path_factory.mktemp("alone"), environment=environment)
    try:
        yield served.start()
    finally:
        served.stop()


def test_the_printed_link_works_once(alone: Served) -> None:
    with alone.stranger() as browser:
        first = browser.get(alone.link)
        assert (first.status_code, first.headers["location"]) == (303, "/admin/chats")
        assert browser.get("/admin/chats").status_code == 200
        again = browser.get(alone.link)  # the same browser, the same link: it is signed in already
        assert again.status_code == 303
    with alone.stranger() as other:
        second = other.get(alone.link)
        assert second.status_code == 401
        assert "set-cookie" not in second.headers
        assert "used or is too old" in second.text


def test_the_password_opens_the_page_and_is_written_down_nowhere(alone: Served) -> None:
    with alone.stranger() as browser:
        assert "Password or access token" in browser.get("/sign-in").text
        assert sign_in(browser, alone, PLAIN_PASSWORD).status_code == 303
        assert browser.get("/admin/chats").status_code == 200
    assert PLAIN_PASSWORD not in alone.log + alone.out
    assert not [
        path
        for path in alone.folder.rglob("*")
        if path.is_file() and PLAIN_PASSWORD in path.read_text(errors="replace")
    ]


def test_a_code_is_not_kept_anywhere_it_could_be_read(alone: Served) -> None:
    code = alone.link.partition("code=")[2]
    assert code not in alone.log
    assert TOKEN not in alone.log + alone.out


def test_the_cookie_cannot_be_read_or_sent_along(stranger: httpx.Client, fortress: Served) -> None:
    cookie = sign_in(stranger, fortress).headers["set-cookie"]
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/"} <= attributes
    assert not any(attribute.startswith("domain") for attribute in attributes)
    assert "secure" not in attributes
    assert len(cookie.partition("=")[2].partition(";")[0]) >= 43


TLS_PROXY = {"x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.7"}


def test_behind_a_listed_tls_proxy_the_cookie_is_secure(alone: Served) -> None:
    with alone.stranger(headers={**TLS_PROXY, "origin": f"https://{alone.host}"}) as browser:
        answer = browser.post("/sign-in", data={"token": TOKEN})
        assert answer.status_code == 303
        assert "secure" in answer.headers["set-cookie"].lower()


def test_who_is_no_listed_proxy_says_nothing_of_tls_host_or_path(fortress: Served) -> None:
    forged = {**TLS_PROXY, "x-forwarded-host": "evil.example", "x-forwarded-prefix": "/evil"}
    with fortress.stranger(headers={**forged, "origin": fortress.url}) as browser:
        answer = browser.post("/sign-in", data={"token": TOKEN})
        assert (answer.status_code, answer.headers["location"]) == (303, "/admin/chats")
        attributes = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
        assert "path=/" in attributes
        assert "secure" not in attributes


def test_a_planted_session_id_is_not_taken_up(stranger: httpx.Client, fortress: Served) -> None:
    stranger.cookies[COOKIE] = "a" * 43
    given = sign_in(stranger, fortress).cookies[COOKIE]
    assert given != "a" * 43
    with fortress.member("a" * 43) as attacker:
        assert attacker.get("/api/opencode/sessions").status_code == 401


def test_signing_in_again_ends_the_session_before(fortress: Served) -> None:
    before = fortress.sign_in()
    with fortress.member(before) as browser:
        after = sign_in(browser, fortress).cookies[COOKIE]
    assert after != before
    with fortress.member(before) as old, fortress.member(after) as new:
        assert old.get("/api/opencode/sessions").status_code == 401
        assert new.get("/api/opencode/sessions").status_code == 200


def test_a_cookie_is_dead_after_signing_out(fortress: Served) -> None:
    session = fortress.sign_in()
    with fortress.member(session) as browser:
        answer = browser.post("/sign-out")
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
        assert 'sprintagen_session=""' in answer.headers["set-cookie"]
    with fortress.member(session) as replay:
        for path in ("/api/opencode/sessions", "/admin/chats", "/_nicegui_ws/socket.io/?EIO=4&transport=polling"):
            assert replay.get(path).status_code == 401


def test_a_changed_password_ends_what_the_old_one_opened_and_nothing_else(tmp_path: Path) -> None:
    environment = {"OPENCODE_SERVER_URL": "http://127.0.0.1:9", "SPRINTAGEN_PASSWORD": PLAIN_PASSWORD}
    served = Served(tmp_path, environment=environment).start()
    try:
        with served.stranger() as thief:
            stolen = sign_in(thief, served, PLAIN_PASSWORD).cookies[COOKIE]
        own = served.sign_in()
        served.stop()
        environment["SPRINTAGEN_PASSWORD"] = "another password of the operator"
        served.start()
        with served.member(stolen) as thief, served.member(own) as member:
            assert thief.get("/api/opencode/pins").status_code == 401
            assert member.get("/api/opencode/pins").status_code == 200
    finally:
        served.stop()


def test_an_event_stream_ends_with_its_session_and_a_programs_goes_on(fortress: Served, program: httpx.Client) -> None:
    session = fortress.sign_in()
    path = "/api/opencode/events"
    with fortress.member(session) as browser, browser.stream("GET", path) as stream, program.stream("GET", path) as its:
        heard, of_program = stream.iter_lines(), its.iter_lines()
        assert next(heard) == next(of_program) == "event: connected"
        with fortress.member(session) as other_tab:
            assert other_tab.post("/sign-out").status_code == 303
        for _ in heard:  # to its end, which without one would be the client's timeout
            pass
        assert next(of_program).startswith("data:")


def test_signing_out_cannot_be_done_by_a_link(member: httpx.Client) -> None:
    assert member.get("/sign-out").status_code == 405


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/admin/\\evil", "javascript:alert(1)", "http:evil",
     "/admin//[", "//[", "/sign-out", "\t//evil.example", "/admin/\r\nSet-Cookie: a=b", "/admin/\u202e", "///evil",
     "/admin/x\x00", "https:/evil.example/admin/"],
)  # fmt: skip
def test_after_signing_in_nobody_is_led_away(fortress: Served, stranger: httpx.Client, target: str) -> None:
    answer = sign_in(stranger, fortress, next=target)
    assert answer.status_code == 303
    assert re.fullmatch(r"/admin/[\w/\[]*", answer.headers["location"]), answer.headers["location"]
    assert len(answer.headers.get_list("set-cookie")) == 1
    again = stranger.get("/sign-in", params={"next": target})
    assert again.headers["location"].startswith("/admin/")


def test_after_signing_in_one_is_where_one_wanted_to_be(fortress: Served, stranger: httpx.Client) -> None:
    wanted = stranger.get("/admin/chats/ses_1?x=1", headers={"accept": "text/html"})
    assert wanted.status_code == 303
    form = stranger.get(wanted.headers["location"])
    assert 'name="next" value="/admin/chats/ses_1?x=1"' in form.text
    assert sign_in(stranger, fortress, next="/admin/chats/ses_1?x=1").headers["location"] == "/admin/chats/ses_1?x=1"


def test_what_the_form_repeats_is_only_text(stranger: httpx.Client) -> None:
    form = stranger.get("/sign-in", params={"next": '"><script>alert(1)</script>'})
    assert "<script" not in form.text


def test_a_link_on_another_site_finds_the_session_although_the_cookie_stays_at_home(fortress: Served) -> None:
    cross = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "accept": "text/html"}
    with fortress.stranger(headers=cross) as click:  # a strict cookie is not sent with such a click
        led = click.get("/admin/chats/ses_1")
        assert led.status_code == 303
        page = click.get(led.headers["location"])
        assert page.status_code == 200
        target = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', page.text)
        assert target is not None
    with fortress.member() as browser:  # the refresh is our own page's step, and carries it
        assert browser.get(target[1]).headers["location"] == "/admin/chats/ses_1"


@pytest.mark.parametrize("name", ["x-forwarded-prefix", "x-forwarded-host", "x-original-url", "x-rewrite-url"])
def test_a_smuggled_header_moves_nothing(fortress: Served, name: str, stranger: httpx.Client) -> None:
    value = "https://evil.example"
    led = stranger.get("/admin/chats", headers={name: value, "accept": "text/html"})
    assert led.headers["location"] == "/sign-in?next=%2Fadmin%2Fchats"
    with fortress.member() as browser:
        page = browser.get("/admin/chats", headers={name: value, "accept": "text/html"})
        assert page.status_code == 200
        assert "evil.example" not in page.text + str(page.headers)


def test_a_stranger_cannot_make_the_server_hold_a_large_body(stranger: httpx.Client, fortress: Served) -> None:
    answer = sign_in(stranger, fortress, token="x" * 100_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    chunks = (b"token=" + b"x" * 10_000 for _ in range(20))
    answer = stranger.post("/sign-in", content=chunks, headers={"origin": fortress.url, "content-type": FORM})
    assert answer.status_code == 413


def test_guessing_the_token_is_limited_and_signed_in_people_do_not_notice(alone: Served) -> None:
    session = alone.sign_in()
    with alone.stranger() as guesser:
        codes = [sign_in(guesser, alone, f"guess-{n:020}").status_code for n in range(12)]
        assert set(codes[:10]) == {401}
        assert set(codes[10:]) == {429}
        last = guesser.get("/api/opencode/sessions", headers={"authorization": f"Bearer {TOKEN}"})
        assert (last.status_code, last.json()["code"]) == (429, "too_many_attempts")
        assert last.headers["retry-after"]
        assert sign_in(guesser, alone).status_code == 429
    with alone.member(session) as browser:
        assert browser.get("/api/opencode/sessions").status_code == 200


def test_a_forged_address_from_far_does_not_reset_the_limit(alone: Served) -> None:
    """Runs after the guesses above: an address in a header counts only from a proxy on this machine."""
    with alone.stranger() as guesser:
        assert sign_in(guesser, alone).status_code == 429
