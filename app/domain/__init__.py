"""The rules of Palpate in pure Python: no I/O, no clock, no unseeded randomness. Callers pass ``now`` and seeds."""
