"""Language models: any server that speaks OpenAI's chat API, with budgets, retries and checked answers."""
