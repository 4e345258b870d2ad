"""Assignments: terms, recipients, exceptions, availability, reminders."""
