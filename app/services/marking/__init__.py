"""Marking, corrections of questions, and regrading."""
