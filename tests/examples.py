"""How many examples a property test tries."""

from __future__ import annotations

import os


def examples(few: int) -> int:
    """So many, unless SPRINTAGEN_TEST_EXAMPLES asks for another number, as a long run does."""
    return int(os.environ.get("SPRINTAGEN_TEST_EXAMPLES", few))
