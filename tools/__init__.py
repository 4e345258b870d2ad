"""Tools of the makers of Palpate. Nothing of the server imports them."""
