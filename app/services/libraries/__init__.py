"""Libraries: their documents with history, their people, checking, and zip files."""
