"""What sprintagen itself remembers: records, prompts, preferences, sign-ins, what was seen. No query is elsewhere.

One module per table, its queries beside it. `open_db` refuses, in words and without touching the file, what is no
database of ours; then it migrates. SQLite runs in WAL with a busy timeout; any other Tortoise URL is taken as it is.
"""

from __future__ import annotations

from sprintagen.db.database import Database, close_db, open_db, sqlite_path, tortoise_config

__all__ = ["Database", "close_db", "open_db", "sqlite_path", "tortoise_config"]
