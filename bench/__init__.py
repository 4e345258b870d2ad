"""Performance benchmark: ``python -m bench`` takes whole attempts over HTTP on a real server."""
