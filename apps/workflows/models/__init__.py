"""The nouns of workflows: definitions, cases, decision tables, rules."""

from apps.workflows.models.case import Case, Step, Wait
from apps.workflows.models.decision import Decision, DecisionVersion
from apps.workflows.models.message import Message
from apps.workflows.models.rule import Rule, RuleVersion
from apps.workflows.models.run import Run, RunStep
from apps.workflows.models.workflow import Revision, Workflow

__all__ = [
    "Case",
    "Decision",
    "DecisionVersion",
    "Message",
    "Revision",
    "Rule",
    "RuleVersion",
    "Run",
    "RunStep",
    "Step",
    "Wait",
    "Workflow",
]
