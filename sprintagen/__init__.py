"""sprintagen: the self-hosted web page with which a team puts the opencode coding agent to work.

Start reading at `app.py` (what is built, in which order), then `services/` (what it knows and can do); the
doors are `api/` (HTTP) and `ui/` (the page). `README.md` beside this file has the map and the decisions.
"""

__version__ = "0.1.0"
