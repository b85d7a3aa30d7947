"""Tables in and out of files people send: CSV and workbooks, read without surprises and written without formulas."""

from apps.core.tabular.cells import (
    Cell,
    DateOrder,
    date_order_of,
    decimal_mark_of,
    parse_date,
    parse_decimal,
)
from apps.core.tabular.columns import ColumnReader
from apps.core.tabular.reading import Row, Table, read_table
from apps.core.tabular.writing import guard, unguard, write_book, write_csv, write_xlsx

__all__ = [
    "Cell",
    "ColumnReader",
    "DateOrder",
    "Row",
    "Table",
    "date_order_of",
    "decimal_mark_of",
    "guard",
    "parse_date",
    "parse_decimal",
    "read_table",
    "unguard",
    "write_book",
    "write_csv",
    "write_xlsx",
]
