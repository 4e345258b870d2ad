"""What the server does by itself: who runs each chore, mails that wait to be sent, and statistics of the database."""
