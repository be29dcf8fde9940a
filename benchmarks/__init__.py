"""Measurements of sprintagen on this machine: `python -m benchmarks stream` and `python -m benchmarks proxy`."""
