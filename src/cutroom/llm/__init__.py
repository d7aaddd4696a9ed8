"""Language models: servers that speak OpenAI's chat API or Anthropic's, with budgets, retries and checked answers."""

from cutroom.llm.chat import Answer, Message, Usage
from cutroom.llm.models import Checked, Models
from cutroom.llm.money import Bill, Purse
from cutroom.llm.provider import OPENAI, Price, Provider, read_prices, read_providers

__all__ = [
    "OPENAI",
    "Answer",
    "Bill",
    "Checked",
    "Message",
    "Models",
    "Price",
    "Provider",
    "Purse",
    "Usage",
    "read_prices",
    "read_providers",
]
