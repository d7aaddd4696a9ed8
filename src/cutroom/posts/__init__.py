"""Engine: a transcript becomes posts, every fact of which is found in it."""
