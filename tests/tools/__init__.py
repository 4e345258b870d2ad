"""The tools of the makers."""
