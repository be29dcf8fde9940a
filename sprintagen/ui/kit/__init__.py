"""Widgets that know nothing of opencode: buttons, menus, dialogs, Markdown, code, diffs, times."""
