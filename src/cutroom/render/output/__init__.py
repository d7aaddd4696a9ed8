"""The files that a render makes: how they are compressed, put together and measured."""
