"""The nouns of workflows: definitions, cases, decision tables, rules."""

from apps.workflows.models.decision import Decision, DecisionVersion

__all__ = ["Decision", "DecisionVersion"]
