"""Statements of hot paths that a session plans once: for small writes, planning costs more than the work itself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection

MOST = 100
# Session → names of what it has prepared. A prepared statement outlives its transaction, even one rolled back.
_known: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


def fetch(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement written with `%s`, whose text is one of few. One that gives no rows gives an empty list."""
    connection.ensure_connection()
    known = _known.setdefault(connection.connection, set())
    name, prepare, execute = _worded(sql)
    with connection.cursor() as cursor:
        if name in known or len(known) < MOST:
            if name not in known:
                cursor.execute(prepare)
                known.add(name)
            sql = execute
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


@lru_cache(maxsize=4 * MOST)
def _worded(sql: str) -> tuple[str, str, str]:
    """The name of a statement, how it is prepared and how it is executed."""
    name = f"ops_{sha256(sql.encode()).hexdigest()[:20]}"
    first, *parts = sql.split("%s")
    numbers = count(1)
    marked = first + "".join(f"${next(numbers)}{part}" for part in parts)
    return name, f"PREPARE {name} AS {marked}", f"EXECUTE {name} ({', '.join(['%s'] * len(parts))})"
