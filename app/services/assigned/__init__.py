"""What is set: assignments with their terms and exceptions, what is due, and who is reminded of it."""
