"""What sprintagen knows and can do; both doors, `api` and `ui`, see nothing else.

`feed` reads the server's events into `store`; `sessions`, `prompts` and `asks` carry out what a person wants;
`catalog`, `credentials`, `health`, `preferences` and `sign_ins` are what their names say. `changes.py` lists what is
emitted, `session_view.py` is the fold. Start with `Services`.
"""

from __future__ import annotations

from sprintagen.services.about import AppInfo, Suggestion
from sprintagen.services.services import Services, build_services

__all__ = ["AppInfo", "Services", "Suggestion", "build_services"]
