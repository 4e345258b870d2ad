"""The stored data as a whole: backups, restoring them, and copying everything to another database."""
