"""What a painter says of a source that it cannot paint; apart from the readers, so that those may stay unloaded."""


class Damaged(Exception):
    """A source cannot be decoded."""
