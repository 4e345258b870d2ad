"""The audit log and shared infrastructure of services: idempotency and CSV."""
