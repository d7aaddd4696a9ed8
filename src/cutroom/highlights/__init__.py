"""Engine: which parts of a recording stand on their own, and how good they are."""
