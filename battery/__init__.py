"""Fault injection on the real server: ``python -m battery``. The test suite runs shorter versions."""
