"""The demo company's share of workflows: ways of working with cases at every stage."""

from apps.workflows import demo_cases

__all__ = ["demo_cases"]
