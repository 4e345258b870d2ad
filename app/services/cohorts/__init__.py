"""Cohorts, their trainers and members, invitations and rosters."""
