"""The published course: reading it, publishing it, and drawing questions from it."""
