"""Learners' work: attempts, results, lessons, progress."""
