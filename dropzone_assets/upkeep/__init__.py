"""What keeps a home tidy and heals it when a store of it is lost; nothing here is on the way of a file."""
