"""Reads the cells of a table by column, so that what one row leaves open is decided once by all of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from apps.core.errors import Refused
from apps.core.tabular.cells import (
    DateOrder,
    DecimalMark,
    date_order_of,
    decimal_mark_of,
    parse_date,
    parse_decimal,
)
from apps.core.tabular.reading import Row, Table

YES = frozenset({"yes", "true", "1", "x", "on"})
NO = frozenset({"no", "false", "0", "off"})


class ColumnReader:
    """One per table. An empty cell reads as None (as "" for text); refusals name the column as their field."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._marks: dict[str, DecimalMark | None] = {}
        self._orders: dict[str, DateOrder | None] = {}

    def text(self, row: Row, name: str) -> str:
        """The cell as trimmed text; numbers plain, dates as ISO."""
        cell = row.cells[self.table.header.index(name)]
        return f"{cell:f}" if isinstance(cell, Decimal) else str(cell).strip()

    def decimal(self, row: Row, name: str) -> Decimal | None:
        cell = row.cells[self.table.header.index(name)]
        if isinstance(cell, str) and not cell.strip():
            return None
        if name not in self._marks:
            self._marks[name] = decimal_mark_of(self.table.column(name), field=name)
        return parse_decimal(cell, self._marks[name] or "auto", field=name)

    def date(self, row: Row, name: str) -> date | None:
        cell = row.cells[self.table.header.index(name)]
        if isinstance(cell, str) and not cell.strip():
            return None
        if name not in self._orders:
            self._orders[name] = date_order_of(self.table.column(name), field=name)
        return parse_date(cell, self._orders[name] or "auto", field=name)

    def yes(self, row: Row, name: str) -> bool | None:
        text = self.text(row, name).lower()
        if text and text not in YES | NO:
            raise Refused(f"“{text[:40]}” is neither yes nor no. Write yes or no.", code="not_yes_or_no", field=name)
        return text in YES if text else None
