"""Floor 6: agents, the machines that run jobs without seeing the database: who they are and what they can do."""
