"""Language models: any server that speaks OpenAI's chat API, with budgets, retries and checked answers."""

from cutroom.llm.chat import Answer, Message, Usage
from cutroom.llm.models import Checked, Models
from cutroom.llm.provider import OPENAI, Provider

__all__ = ["OPENAI", "Answer", "Checked", "Message", "Models", "Provider", "Usage"]
