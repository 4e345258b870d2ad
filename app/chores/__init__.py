"""Chores: regular work that the server does by itself, or a command does if the scheduler is switched off."""
