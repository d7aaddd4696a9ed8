"""Floor 9: the composition root. Everything is wired here, and only here is the environment read."""
