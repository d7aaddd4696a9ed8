"""Floor 1: what every floor may use, and no domain word at all."""
