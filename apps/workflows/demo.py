"""The demo company's share of workflows: ways of working with cases at every stage, decisions and rules."""

from apps.workflows import demo_cases, demo_rules

__all__ = ["demo_cases", "demo_rules"]
