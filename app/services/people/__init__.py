"""Accounts, sign-ins and the directory of people."""
