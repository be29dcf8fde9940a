"""The feature at /admin/chats: `page.py` is the way in."""
