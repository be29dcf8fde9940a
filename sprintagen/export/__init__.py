"""A session as a document to keep or to pass on: Markdown, JSON, or one HTML file that needs nothing else.

A document is written while it is read, page by page, so that a long session is never in memory as a whole. What is
undone is left out, and so is what only the server needs: its address, the headers of its providers.
"""

from __future__ import annotations

from sprintagen.export.document import Document, Format, write

__all__ = ["Document", "Format", "write"]
