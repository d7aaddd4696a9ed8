"""Cutroom: a self-hosted backend for media and AI jobs."""

__version__ = "0.1.0"
