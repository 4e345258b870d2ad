"""Gradebook, learner and attempt records, question reports and server health."""
