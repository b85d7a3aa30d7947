"""The nouns of workflows: definitions, cases, decision tables, rules."""

from apps.workflows.models.case import Case, Step, Wait
from apps.workflows.models.decision import Decision, DecisionVersion
from apps.workflows.models.definition import Definition, Revision

__all__ = ["Case", "Decision", "DecisionVersion", "Definition", "Revision", "Step", "Wait"]
