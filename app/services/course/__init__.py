"""What is published: the catalogue, lessons, the body map, and the publishing of changes."""
