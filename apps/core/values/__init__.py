"""Value types that never lose a cent, a gram or an hour: money, quantity, period, and the one number formatter."""

from apps.core.values.money import Money
from apps.core.values.numbers import format_number
from apps.core.values.period import Grain, Period
from apps.core.values.quantity import Quantity, Unit, unit

__all__ = ["Grain", "Money", "Period", "Quantity", "Unit", "format_number", "unit"]
