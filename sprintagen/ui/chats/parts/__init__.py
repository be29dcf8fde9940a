"""One renderer per kind of part; `registry.py` finds it."""
