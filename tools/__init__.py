"""Development tools. The server does not import them."""
