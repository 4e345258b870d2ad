"""The rules of Palpate as pure Python: no I/O, no clock, no unseeded chance. ``now`` and the seed are arguments."""
