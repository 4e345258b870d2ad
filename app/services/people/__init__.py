"""Who is who: accounts, sign-ins, guests, invitations, and what is kept about a person."""
