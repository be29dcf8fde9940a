from __future__ import annotations

import inspect
from operator import attrgetter
from typing import Any

import httpx
import pytest

from sprintagen.opencode import errors
from sprintagen.opencode.errors import (
    Busy,
    InvalidRequest,
    NotFound,
    OpencodeError,
    RequestRefused,
    ServerAuthError,
    ServerFault,
    ServerTimeout,
    ServerUnreachable,
    UnreadableAnswer,
    refusal,
    translated,
)


def subclasses(kind: type[Any]) -> set[type[Any]]:
    children: list[type[Any]] = kind.__subclasses__()
    return {kind}.union(*map(subclasses, children))


def test_the_tree_in_the_docstring_is_the_tree():
    drawn = [line.replace("│", " ") for line in (errors.__doc__ or "").splitlines() if line.startswith("    ")]
    depth = {line.split("── ")[-1].split()[0]: len(line) - len(line.lstrip(" ├└─")) for line in drawn}
    kinds = {kind.__name__: kind for kind in subclasses(OpencodeError) if kind.__module__ == errors.__name__}
    assert depth.keys() == kinds.keys()
    for name, kind in kinds.items():
        parent = kind.__mro__[1].__name__
        assert name == "OpencodeError" or depth[name] == depth[parent] + 4


@pytest.mark.parametrize("kind", sorted(subclasses(httpx.RequestError), key=str))
def test_every_way_httpx_can_fail_is_one_of_ours_with_a_hint(kind: type[httpx.RequestError]):
    with pytest.raises(OpencodeError) as caught, translated():
        raise kind("http://user:pw@host says sk-1")
    assert caught.value.hint
    assert "sk-1" not in caught.value.message + caught.value.hint
    assert isinstance(caught.value.__cause__, kind)


@pytest.mark.parametrize(
    ("kind", "ours"),
    [
        (httpx.ConnectError, ServerUnreachable),
        (httpx.ReadError, ServerUnreachable),
        (httpx.RemoteProtocolError, ServerUnreachable),
        (httpx.ConnectTimeout, ServerTimeout),
        (httpx.ReadTimeout, ServerTimeout),
        (httpx.PoolTimeout, ServerTimeout),
        (httpx.DecodingError, UnreadableAnswer),
        (httpx.InvalidURL, UnreadableAnswer),
    ],
)
def test_refused_silent_and_unreadable_are_told_apart(kind: type[Exception], ours: type[OpencodeError]):
    with pytest.raises(OpencodeError) as caught, translated():
        raise kind("x")
    assert type(caught.value) is ours


def test_a_bug_stays_a_bug():
    with pytest.raises(ZeroDivisionError), translated():
        raise ZeroDivisionError


V1_404 = {"name": "NotFoundError", "data": {"message": "Session not found: ses_none"}}
TAGGED_404 = {"_tag": "PermissionNotFoundError", "requestID": "per_1", "message": "Permission request not found: per_1"}
BUSY = {"_tag": "SessionBusyError", "sessionID": "ses_1", "message": "Session is busy: ses_1"}
FAULT = {"name": "UnknownError", "data": {"message": "Unexpected server error. …", "ref": "err_9908c3f8"}}


@pytest.mark.parametrize(
    ("status", "body", "kind", "name"),
    [
        (
            400,
            {"name": "BadRequest", "data": {"message": "Missing key", "kind": "Payload"}},
            InvalidRequest,
            "BadRequest",
        ),
        (400, {"_tag": "BadRequest"}, InvalidRequest, "BadRequest"),
        (413, None, InvalidRequest, ""),
        (415, None, InvalidRequest, ""),
        (422, None, InvalidRequest, ""),
        (403, None, RequestRefused, ""),
        (429, None, RequestRefused, ""),
        (404, V1_404, NotFound, "NotFoundError"),
        (404, TAGGED_404, NotFound, "PermissionNotFoundError"),
        (409, BUSY, Busy, "SessionBusyError"),
        (500, FAULT, ServerFault, "UnknownError"),
        (500, {"_tag": "InternalServerError"}, ServerFault, "InternalServerError"),
        (502, None, ServerFault, ""),
    ],
)
def test_each_shape_of_error_body_becomes_its_kind(status: int, body: object, kind: type[RequestRefused], name: str):
    error = refusal(status, body)
    assert type(error) is kind
    assert isinstance(error, RequestRefused)
    assert (error.status, error.name) == (status, name)
    assert error.message


def test_what_is_missing_is_named():
    assert refusal(404, V1_404).message == "Session not found: ses_none"


def test_a_fault_carries_the_reference_to_the_servers_log():
    error = refusal(500, FAULT)
    assert isinstance(error, ServerFault)
    assert error.ref == "err_9908c3f8"
    assert "err_9908c3f8" in error.hint


def test_a_reference_that_is_none_is_not_repeated():
    error = refusal(500, {"data": {"ref": "<script>"}})
    assert isinstance(error, ServerFault)
    assert error.ref == ""


def test_401_is_about_our_password():
    assert type(refusal(401, None)) is ServerAuthError


@pytest.mark.parametrize(("status", "body"), [(302, None), (404, None), (404, "<html>")])
def test_what_opencode_never_answers_is_unreadable(status: int, body: object):
    assert type(refusal(status, body)) is UnreadableAnswer


@pytest.mark.parametrize(
    "said", ['Expected Auth, got {"type":"bogus","key":"sk-canary"}', 'Expected string\n got "sk-canary"\n  at ["key"]']
)
def test_a_value_the_server_complains_about_is_not_repeated(said: str):
    error = refusal(400, {"name": "BadRequest", "data": {"message": said}})
    assert "sk-canary" not in error.message
    assert "Expected" in error.message


def test_nothing_the_server_said_is_repeated_when_what_was_sent_is_secret():
    error = refusal(400, {"name": "BadRequest", "data": {"message": "sk-canary"}}, quote_server=False)
    assert "sk-canary" not in error.message + error.hint


def test_a_broken_configuration_file_is_named_but_not_quoted():
    body = {"path": "/workspace/repo/opencode.json", "message": "--- JSONC Input ---\n{sk-canary"}
    error = refusal(400, {"name": "ConfigJsonError", "data": body})
    assert error.message == "The opencode configuration /workspace/repo/opencode.json is not valid JSON."
    assert "restart" in error.hint


def test_the_wrong_places_of_a_configuration_file_are_named_but_not_their_values():
    issues = [
        {"path": ["model"], "message": "Expected string, got 5"},
        {"path": ["permission", "edit"], "message": 'got "sk-canary"'},
        {"path": ["permission", "edit"], "message": 'got "sk-canary"'},
    ]
    error = refusal(400, {"name": "ConfigInvalidError", "data": {"path": "/c.json", "issues": issues}})
    assert error.message == "The opencode configuration /c.json is not valid at model, permission.edit."


@pytest.mark.parametrize("body", [None, [], "x", 5, {"data": 5}, {"data": {"message": 5}}, {"name": 5}, {"_tag": None}])
@pytest.mark.parametrize("status", [300, 400, 401, 404, 409, 418, 500])
def test_any_body_at_all_gives_an_error_in_words(status: int, body: object):
    assert refusal(status, body).message


def test_every_kind_says_what_it_means():
    for kind in subclasses(OpencodeError):
        assert inspect.getdoc(kind)


def test_a_connection_that_ended_before_it_was_looked_at_is_a_broken_one():
    with pytest.raises(errors.ServerUnreachable), errors.translated():
        attrgetter("getpeername")(None)
    with pytest.raises(AttributeError), errors.translated():
        attrgetter("something_else")(None)
