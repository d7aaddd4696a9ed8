"""What agents and servers say to each other; `agents_pb2` is made by `proto/generate.py`."""
