"""The side panel's files: the tree of a session's directory, searches in it, and one file at a time."""
