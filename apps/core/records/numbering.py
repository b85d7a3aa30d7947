"""Numbers without gaps: taken from a locked counter row in the same transaction as the document."""

from __future__ import annotations

from django.db import connection


def next_number(name: str) -> int:
    """The next whole number of this series; a rollback gives it back."""
    return next_numbers(name, 1)[0]


def next_numbers(name: str, count: int) -> range:
    """The next `count` numbers of this series at once."""
    if not connection.in_atomic_block:
        raise RuntimeError("next_number() belongs inside the transaction of the document it numbers.")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_counter (name, value) VALUES (%s, %s)"
            " ON CONFLICT (name) DO UPDATE SET value = core_counter.value + EXCLUDED.value RETURNING value",
            [name, count],
        )
        last = int(cursor.fetchone()[0])
    return range(last - count + 1, last + 1)
