"""Floor 8: agents over gRPC, the server's side and the agent's. The only package that knows gRPC."""
