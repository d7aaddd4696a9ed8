"""Doors in other vendors' dialects, for clients that were written for them."""
