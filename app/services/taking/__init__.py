"""What learners do: draw a paper, answer it, see the result as far as it is released, and where they stand."""
