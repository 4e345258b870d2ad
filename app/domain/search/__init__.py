"""Searching the course: words without case and accents, misspelt words, and results with the matched words marked."""
