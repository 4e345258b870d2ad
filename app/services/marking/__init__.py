"""Marks: settled, changed by hand, and corrected where a question was faulty."""
