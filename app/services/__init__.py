"""What the product does, one noun a module. Services get a session and loaded objects; they never commit and never reach Flask."""
