"""One module per tool of the agent; `registry.py` finds it, `generic.py` takes what is left."""
