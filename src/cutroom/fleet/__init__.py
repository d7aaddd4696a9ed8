"""Floor 6: agents, the machines that run jobs without seeing the database: who they are and what they can do."""

from cutroom.fleet.agent import Agent, Code, Known, Lease, MadeCode, MadeToken, Token
from cutroom.fleet.service import CHANNEL, OVERLAP_S, FleetService

__all__ = [
    "CHANNEL",
    "OVERLAP_S",
    "Agent",
    "Code",
    "FleetService",
    "Known",
    "Lease",
    "MadeCode",
    "MadeToken",
    "Token",
]
