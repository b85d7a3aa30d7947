"""The nouns of workflows: definitions, cases, decision tables, rules."""
