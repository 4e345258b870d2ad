"""Analysis of tests and questions for trainers."""
