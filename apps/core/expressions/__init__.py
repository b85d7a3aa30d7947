"""Formulas that people write for indicators, alerts and rules: typed, bounded, exact, and never code.

`parse` gives an Expression or refuses with the column and what to do. A value that is missing makes every result
that needs it missing; so does a division by zero. Only IF, AND, OR, COALESCE, COUNT and IS_MISSING can still answer.
"""

from apps.core.expressions.expression import Expression, parse
from apps.core.expressions.functions import FUNCTIONS
from apps.core.expressions.nodes import Type

__all__ = ["FUNCTIONS", "Expression", "Type", "parse"]
