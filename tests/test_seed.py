"""The sessions that measurements write into opencode's database."""

from __future__ import annotations

import json
import sqlite3

from benchmarks.seed import last_words, write, write_empty


def _database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE message (id, session_id, time_created, time_updated, data)")
    connection.execute("CREATE TABLE part (id, message_id, session_id, time_created, time_updated, data)")
    for name, at, info in (
        ("msg_2081baf9f001aaaaaaaaaaaaaa", 1_795_432_362_000, {"role": "user"}),
        ("msg_2081bb58a001bbbbbbbbbbbbbb", 1_795_432_363_000, {"parentID": "msg_2081baf9f001aaaaaaaaaaaaaa"}),
    ):
        data = json.dumps(info | {"time": {"created": at}})
        connection.execute("INSERT INTO message VALUES (?, 'ses_played', ?, ?, ?)", (name, at, at, data))
        text = json.dumps({"type": "text", "text": "Said."})
        values = (name.replace("msg", "prt"), name, at, at, text)
        connection.execute("INSERT INTO part VALUES (?, ?, 'ses_played', ?, ?, ?)", values)
    return connection


def test_a_seeded_session_is_whole_turns_in_order_with_ids_of_their_own_and_known_last_words() -> None:
    connection = _database()

    assert write(connection, "ses_played", "ses_long", 9) == 10

    rows = connection.execute(
        "SELECT m.id, m.data, p.data, m.time_created FROM message m JOIN part p ON p.message_id = m.id "
        "WHERE m.session_id = 'ses_long' ORDER BY m.id"
    ).fetchall()
    infos = [json.loads(row[1]) for row in rows]
    assert len({row[0] for row in rows}) == 10
    assert [row[3] for row in rows] == sorted(row[3] for row in rows)
    assert [info["time"]["created"] for info in infos] == [row[3] for row in rows]
    assert [info.get("parentID") for info in infos[1::2]] == [row[0] for row in rows[::2]]
    assert [json.loads(row[2])["text"] for row in rows] == ["Said."] * 9 + [last_words(9)]


def test_empty_sessions_are_like_a_real_one_and_older_the_later_they_come() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE TABLE session (id PRIMARY KEY, slug, title, directory, time_created, time_updated, "
        "summary_additions, summary_deletions, summary_files)"
    )
    at = 1_795_432_362_000
    values = ("ses_de5287357ffeNFTnzQ1AMi8tln", "played", "Played", "/repo", at, at)
    connection.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, NULL)", values)

    write_empty(connection, values[0], 50)

    rows = connection.execute("SELECT title, directory, time_updated FROM session ORDER BY id").fetchall()
    assert [row[0] for row in rows] == ["Played", *(f"Filled {number:05}" for number in range(50))]
    assert {row[1] for row in rows} == {"/repo"}
    assert [row[2] for row in rows] == sorted((row[2] for row in rows), reverse=True)
