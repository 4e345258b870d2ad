"""The server around the application: gateway, health probes, version."""
