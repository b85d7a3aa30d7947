"""Budgets: plans and their versions, the commitment ledger, availability, variance, forecast, savings."""
