"""What may be said of a clip: where it stands, how it moves, what is done to its picture, how it comes and goes."""
