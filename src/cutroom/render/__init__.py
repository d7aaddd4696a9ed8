"""Floor 4, an engine: a resolved edit becomes a plan, and the plan becomes a file."""
