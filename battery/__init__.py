"""What must hold when things break, tried on the real server: ``python -m battery``. The suite runs the short forms of the same."""
