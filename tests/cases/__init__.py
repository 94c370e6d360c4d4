"""Promises that siblings share, and the little that is needed to ask for them."""
